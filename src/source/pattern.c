#include "pattern.h"

#include "error.h"
#include "glob.h"
#include "scoped.h"

#include <stdlib.h>
#include <string.h>

void
pattern_done(struct pattern *pattern)
{
    free(pattern->text);
    *pattern = (struct pattern){0};
}

/* The name before the next '/', which is taken too. */
static struct bytes
cut_name(struct bytes *path)
{
    const uint8_t *slash = memchr(path->data, '/', path->len);
    struct bytes name = {path->data, slash != NULL ? (size_t)(slash - path->data) : path->len};
    size_t taken = slash != NULL ? name.len + 1 : name.len;

    *path = (struct bytes){path->data + taken, path->len - taken};
    return name;
}

static struct bytes
last_name(struct bytes path)
{
    const uint8_t *slash = memrchr(path.data, '/', path.len);
    size_t before = slash != NULL ? (size_t)(slash - path.data) + 1 : 0;

    return (struct bytes){path.data + before, path.len - before};
}

/* A name of stars alone stands for any number of directories. */
static bool
is_any_directories(struct bytes glob)
{
    if (glob.len < 2)
        return false;
    for (size_t i = 0; i < glob.len; i++)
        if (glob.data[i] != '*')
            return false;
    return true;
}

/* Patterns are matched with names as a directory lists them: "./cache" would leave nothing out, unnoticed. */
static const char *
find_name_flaw(struct bytes glob)
{
    if (glob.len == 0)
        return "there is no name between two slashes";
    if (bytes_equal(glob, bytes_of_text(".")) || bytes_equal(glob, bytes_of_text("..")))
        return "\".\" and \"..\" are no names; write it from the filesystem's root on, which is \"/\"";
    return glob_flaw(glob);
}

static const char *
find_flaw(struct bytes body, bool anchored)
{
    bool ends_with_slash = body.len > 0 && body.data[body.len - 1] == '/';

    if (body.len == 0)
        return "it names nothing";
    if (!anchored)
        return find_name_flaw(body);
    while (body.len > 0) {
        struct bytes glob = cut_name(&body);
        const char *flaw = find_name_flaw(glob);

        if (flaw != NULL)
            return flaw;
    }
    return ends_with_slash ? "there is no name between two slashes" : NULL;
}

static struct pattern
take_apart(const char *text)
{
    struct pattern pattern = {.negated = text[0] == '!'};
    struct bytes body = bytes_of_text(text + (pattern.negated ? 1 : 0));

    pattern.directories_only = body.len > 0 && body.data[body.len - 1] == '/';
    body.len -= pattern.directories_only ? 1 : 0;
    pattern.anchored = body.len > 0 && memchr(body.data, '/', body.len) != NULL;
    if (body.len > 0 && body.data[0] == '/')
        body = (struct bytes){body.data + 1, body.len - 1};
    pattern.body = body;
    return pattern;
}

enum sealift_status
pattern_parse(const char *text, struct pattern *ret_pattern, struct sealift_error *err)
{
    SCOPED(free_done) char *copy = NULL;
    struct pattern pattern;
    const char *flaw;

    TRY(text_copy(text, &copy, err));
    pattern = take_apart(copy);
    flaw = find_flaw(pattern.body, pattern.anchored);
    if (flaw != NULL)
        return error_set(err, SEALIFT_INVALID, "the pattern '%s' can match nothing: %s", text, flaw);
    *ret_pattern = pattern;
    ret_pattern->text = TAKE(copy);
    return SEALIFT_OK;
}

/* As in glob_matches(): only the last "**" ever needs to take more names. At the end of the pattern it stands for what
 * lies below, which is a name at least. */
static bool
matches_path(struct bytes body, struct bytes path)
{
    struct bytes behind_any = {NULL, 0}, retry = path;
    bool has_any = false;

    while (path.len > 0) {
        struct bytes body_left = body, path_left = path;
        struct bytes glob = cut_name(&body_left);

        if (is_any_directories(glob)) {
            if (body_left.len == 0)
                return true;
            body = behind_any = body_left;
            retry = path;
            has_any = true;
        } else if (glob.len > 0 && glob_matches(glob, cut_name(&path_left))) {
            body = body_left;
            path = path_left;
        } else if (has_any) {
            cut_name(&retry);
            body = behind_any;
            path = retry;
        } else {
            return false;
        }
    }
    return body.len == 0;
}

bool
pattern_matches(const struct pattern *pattern, struct bytes path)
{
    return pattern->anchored ? matches_path(pattern->body, path) : glob_matches(pattern->body, last_name(path));
}
