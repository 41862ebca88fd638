#include "tree_path.h"

#include "scoped.h"

#include <stdio.h>
#include <string.h>

/* A '/' ends a component, so it counts less than any byte of a name. A NUL is in no name: its rank is free. */
static int
rank_of(uint8_t c)
{
    return c == '/' ? 0 : c;
}

int
tree_path_compare(struct bytes a, struct bytes b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;

    for (size_t i = 0; i < shorter; i++)
        if (a.data[i] != b.data[i])
            return rank_of(a.data[i]) - rank_of(b.data[i]);
    return (a.len > shorter) - (b.len > shorter);
}

static bool
is_valid_name(struct bytes name)
{
    bool is_dots = (name.len == 1 && name.data[0] == '.') || (name.len == 2 && memcmp(name.data, "..", 2) == 0);

    return name.len > 0 && name.len <= TREE_NAME_MAX && !is_dots && memchr(name.data, '\0', name.len) == NULL;
}

bool
tree_path_is_valid(struct bytes path)
{
    size_t begin = 0;

    if (path.len == 0)
        return true;
    if (path.len > TREE_PATH_MAX)
        return false;
    for (size_t at = 0; at <= path.len; at++) {
        if (at < path.len && path.data[at] != '/')
            continue;
        if (!is_valid_name((struct bytes){path.data + begin, at - begin}))
            return false;
        begin = at + 1;
    }
    return true;
}

struct bytes
tree_path_parent(struct bytes path)
{
    const uint8_t *slash = path.len > 0 ? memrchr(path.data, '/', path.len) : NULL;

    return (struct bytes){path.data, slash != NULL ? (size_t)(slash - path.data) : 0};
}

bool
tree_path_is_within(struct bytes path, struct bytes folder)
{
    if (folder.len == 0)
        return true;
    return path.len >= folder.len && memcmp(path.data, folder.data, folder.len) == 0 &&
           (path.len == folder.len || path.data[folder.len] == '/');
}

struct bytes
tree_path_step(struct bytes folder, struct bytes path)
{
    size_t begin = folder.len > 0 ? folder.len + 1 : 0;
    const uint8_t *slash = memchr(path.data + begin, '/', path.len - begin);

    return (struct bytes){path.data, slash != NULL ? (size_t)(slash - path.data) : path.len};
}

/* The byte that counts least in a name, NUL being in none. */
enum sealift_status
tree_path_append_behind(struct bytes folder, struct buf *out, struct sealift_error *err)
{
    TRY(buf_append_bytes(out, folder, err));
    return buf_append(out, "\x01", 1, err);
}

const char *
tree_path_show(struct bytes path, char room[TREE_PATH_SHOWN])
{
    int half = TREE_PATH_SHOWN / 2 - 2;

    if (path.len == 0)
        snprintf(room, TREE_PATH_SHOWN, "(the root)");
    else if (path.len < TREE_PATH_SHOWN)
        snprintf(room, TREE_PATH_SHOWN, "%.*s", (int)path.len, (const char *)path.data);
    else
        snprintf(room, TREE_PATH_SHOWN, "%.*s...%.*s", half, (const char *)path.data, half,
                 (const char *)path.data + path.len - (size_t)half);
    return room;
}
