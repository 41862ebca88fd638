#include "entry_path.h"

#include <assert.h>
#include <string.h>

static size_t
name_begins_at(struct bytes path)
{
    const uint8_t *slash = path.len > 0 ? memrchr(path.data, '/', path.len) : NULL;

    return slash != NULL ? (size_t)(slash - path.data) + 1 : 0;
}

struct bytes
entry_path_parent(struct bytes path)
{
    size_t begin = name_begins_at(path);

    return (struct bytes){path.data, begin > 0 ? begin - 1 : 0};
}

void
entry_path_name(struct bytes path, char ret_name[NAME_MAX + 1])
{
    size_t begin = name_begins_at(path);
    size_t len = path.len - begin;

    assert(len > 0 && len <= NAME_MAX);
    memcpy(ret_name, path.data + begin, len);
    ret_name[len] = '\0';
}

bool
entry_path_is_within(struct bytes path, struct bytes directory)
{
    if (directory.len == 0)
        return true;
    if (path.len < directory.len || memcmp(path.data, directory.data, directory.len) != 0)
        return false;
    return path.len == directory.len || path.data[directory.len] == '/';
}
