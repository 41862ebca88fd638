#include "selection.h"

#include "error.h"
#include "json.h"
#include "scoped.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

void
selection_done(struct selection *selection)
{
    for (size_t i = 0; i < selection->count; i++)
        pattern_done(&selection->patterns[i]);
    free(selection->patterns);
    *selection = (struct selection){0};
}

/* --- patterns --- */

static enum sealift_status
make_room(struct selection *selection, struct sealift_error *err)
{
    size_t capacity = selection->capacity != 0 ? selection->capacity * 2 : 16;
    struct pattern *grown;

    if (selection->count < selection->capacity)
        return SEALIFT_OK;
    grown = realloc(selection->patterns, capacity * sizeof(*grown));
    if (grown == NULL)
        return error_no_memory(err);
    selection->patterns = grown;
    selection->capacity = capacity;
    return SEALIFT_OK;
}

enum sealift_status
selection_add(struct selection *selection, const char *pattern, struct sealift_error *err)
{
    if (!utf8_is_valid(bytes_of_text(pattern)))
        return error_set(err, SEALIFT_INVALID,
                         "the pattern '%s' is not UTF-8; write ? for each byte that is none, or * for all of them",
                         pattern);
    TRY(make_room(selection, err));
    TRY(pattern_parse(pattern, &selection->patterns[selection->count], err));
    selection->count++;
    return SEALIFT_OK;
}

/* A line without what ends it: LF, or CR and LF. */
static struct bytes
cut_line(struct bytes *lines)
{
    const uint8_t *end = memchr(lines->data, '\n', lines->len);
    struct bytes line = {lines->data, end != NULL ? (size_t)(end - lines->data) : lines->len};
    size_t taken = end != NULL ? line.len + 1 : line.len;

    *lines = (struct bytes){lines->data + taken, lines->len - taken};
    if (line.len > 0 && line.data[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* A space that a backslash stands before is part of the name, and so is what stands before it. */
static struct bytes
trim_spaces(struct bytes line)
{
    size_t kept = 0;

    for (size_t i = 0; i < line.len; i++) {
        if (line.data[i] == '\\' && i + 1 < line.len)
            i++;
        else if (line.data[i] == ' ')
            continue;
        kept = i + 1;
    }
    return (struct bytes){line.data, kept};
}

static enum sealift_status
add_line(struct selection *selection, struct bytes line, struct sealift_error *err)
{
    SCOPED(free_done) char *text = NULL;

    line = trim_spaces(line);
    if (line.len == 0 || line.data[0] == '#')
        return SEALIFT_OK;
    if (memchr(line.data, '\0', line.len) != NULL)
        return error_set(err, SEALIFT_INVALID, "there is a NUL in it, so this is no file of patterns");
    text = strndup((const char *)line.data, line.len);
    return text != NULL ? selection_add(selection, text, err) : error_no_memory(err);
}

enum sealift_status
selection_add_lines(struct selection *selection, struct bytes lines, const char *name, struct sealift_error *err)
{
    static const uint8_t mark[] = {0xef, 0xbb, 0xbf}; /* some editors begin every file with it */
    struct bytes head, left = lines;

    if (bytes_cut(&left, sizeof(mark), &head) && bytes_equal(head, BYTES_OF(mark)))
        lines = left;
    for (unsigned number = 1; lines.len > 0; number++)
        if (add_line(selection, cut_line(&lines), err) != SEALIFT_OK)
            return error_prefix(err, "%s, line %u", name, number);
    return SEALIFT_OK;
}

/* --- JSON --- */

static enum sealift_status
read_patterns(struct selection *selection, const struct json *patterns, struct sealift_error *err)
{
    for (size_t i = 0; i < json_count(patterns); i++) {
        const char *pattern = json_string(json_at(patterns, i));

        if (pattern == NULL)
            return error_set(err, SEALIFT_CORRUPT, "a selection has a pattern that is no text");
        TRY(selection_add(selection, pattern, err));
    }
    return SEALIFT_OK;
}

enum sealift_status
selection_read(struct selection *selection, const char *json, struct sealift_error *err)
{
    SCOPED(json_free) struct json *root = NULL;

    TRY(json_parse(bytes_of_text(json), "a selection", &root, err));
    if (json_type(root) != JSON_OBJECT)
        return error_set(err, SEALIFT_CORRUPT, "a selection is no object");
    TRY(read_patterns(selection, json_get(root, "exclude"), err));
    selection->exclude_caches |= json_bool(json_get(root, "exclude_caches"), false);
    selection->exclude_nodump |= json_bool(json_get(root, "exclude_nodump"), false);
    return SEALIFT_OK;
}

static enum sealift_status
to_json(const struct selection *selection, struct buf *out, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    TRY(json_writer_new(&writer, err));
    json_open_object(writer, NULL);
    if (selection->count > 0) {
        json_open_array(writer, "exclude");
        for (size_t i = 0; i < selection->count; i++)
            json_put_string(writer, NULL, selection->patterns[i].text);
        json_close_array(writer);
    }
    if (selection->exclude_caches)
        json_put_bool(writer, "exclude_caches", true);
    if (selection->exclude_nodump)
        json_put_bool(writer, "exclude_nodump", true);
    json_close_object(writer);
    return json_writer_finish(writer, out, err);
}

enum sealift_status
selection_write(const struct selection *selection, char out[SELECTION_MAX], struct sealift_error *err)
{
    SCOPED(buf_done) struct buf json = {0};

    TRY(to_json(selection, &json, err));
    if (json.len >= SELECTION_MAX)
        return error_set(err, SEALIFT_INVALID,
                         "the patterns take %zu bytes as they are stored, and %zu is the most; say it with fewer, or "
                         "move what is left out into folders that one pattern names",
                         json.len, SELECTION_MAX - 1);
    memcpy(out, json.data, json.len);
    out[json.len] = '\0';
    return SEALIFT_OK;
}

enum sealift_status
selection_list(const struct selection *selection, const char ***ret_list, struct sealift_error *err)
{
    const char **list = calloc(selection->count + 1, sizeof(*list));

    if (list == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < selection->count; i++)
        list[i] = selection->patterns[i].text;
    *ret_list = list;
    return SEALIFT_OK;
}

/* --- judging --- */

struct verdict
selection_judge(const struct selection *selection, struct bytes path)
{
    bool directory_is_open = true;
    struct verdict verdict = {NULL, NULL};

    for (size_t i = selection != NULL ? selection->count : 0; i-- > 0;) {
        const struct pattern *pattern = &selection->patterns[i];

        if ((pattern->directories_only && !directory_is_open) || !pattern_matches(pattern, path))
            continue;
        if (directory_is_open)
            verdict.directory = pattern->negated ? NULL : pattern;
        directory_is_open = false;
        if (!pattern->directories_only) {
            verdict.other = pattern->negated ? NULL : pattern;
            break;
        }
    }
    return verdict;
}
