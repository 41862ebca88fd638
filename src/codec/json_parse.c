/* yajl is seen here only. It is a sound tokenizer with gaps that this file closes: it lets overlong and surrogate UTF-8
 * and lone surrogate escapes pass, knows no depth limit and no duplicate keys, and does not check what its allocator
 * returns. */
#include "error.h"
#include "json.h"
#include "json_tree.h"
#include "scoped.h"
#include "utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

/* A container whose end has not been seen. */
struct open_container {
    struct json *json;
    struct json *first;
    struct json **behind_last;
};

struct builder {
    struct arena *tree;   /* becomes the caller's */
    struct arena scratch; /* what yajl works in; goes with the builder */
    jmp_buf out_of_memory;
    struct open_container open[JSON_MAX_DEPTH];
    size_t depth;
    const char *key; /* of the member whose value comes next */
    struct json *outermost;
    char complaint[160]; /* why a callback stopped the parser */
};

/* yajl would write through a NULL. All it holds lies in the scratch arena, so leaving it halfway loses nothing. */
static void *
take_or_leave(struct builder *builder, struct arena *arena, size_t size)
{
    void *memory = arena_take(arena, size);

    if (memory == NULL)
        longjmp(builder->out_of_memory, 1);
    return memory;
}

/* What yajl allocates is preceded by its size: growing must know how much to copy. */
struct sized {
    size_t size;
    _Alignas(max_align_t) uint8_t memory[];
};

static void *
yajl_takes(void *context, size_t size)
{
    struct builder *builder = context;
    struct sized *sized = take_or_leave(builder, &builder->scratch, sizeof(*sized) + size);

    sized->size = size;
    return sized->memory;
}

static void *
yajl_grows(void *context, void *memory, size_t size)
{
    void *grown = yajl_takes(context, size);
    const struct sized *old;

    if (memory == NULL)
        return grown;
    old = (const struct sized *)((const uint8_t *)memory - offsetof(struct sized, memory));
    return memcpy(grown, memory, old->size < size ? old->size : size);
}

static void
yajl_frees(void *context, void *memory)
{
    (void)context; /* the arena wipes and frees everything at the end */
    (void)memory;
}

static int
complain(struct builder *builder, const char *complaint)
{
    snprintf(builder->complaint, sizeof(builder->complaint), "%s", complaint);
    return 0;
}

static const char *
keep_text(struct builder *builder, const unsigned char *text, size_t len)
{
    char *kept = take_or_leave(builder, builder->tree, len + 1);

    memcpy(kept, text, len);
    return kept;
}

static struct json *
add_value(struct builder *builder, enum json_type type)
{
    struct json *json = take_or_leave(builder, builder->tree, sizeof(*json));

    json->type = type;
    json->key = TAKE(builder->key);
    if (builder->depth == 0) {
        builder->outermost = json;
    } else {
        struct open_container *parent = &builder->open[builder->depth - 1];

        *parent->behind_last = json;
        parent->behind_last = &json->next;
        parent->json->count++;
    }
    return json;
}

static int
on_null(void *context)
{
    add_value(context, JSON_NULL);
    return 1;
}

static int
on_bool(void *context, int truth)
{
    add_value(context, JSON_BOOL)->truth = truth != 0;
    return 1;
}

/* `text` is not NUL-terminated; yajl has checked its form. */
static int
on_number(void *context, const char *text, size_t len)
{
    struct builder *builder = context;
    char digits[32];
    intmax_t value;

    if (memchr(text, '.', len) != NULL || memchr(text, 'e', len) != NULL || memchr(text, 'E', len) != NULL) {
        add_value(builder, JSON_REAL); /* none of our formats has one; servers' are passed over */
        return 1;
    }
    if (len >= sizeof(digits))
        return complain(builder, "an integer beyond 64 bits");
    memcpy(digits, text, len);
    digits[len] = '\0';
    errno = 0;
    value = strtoimax(digits, NULL, 10);
    if (errno != 0)
        return complain(builder, "an integer beyond 64 bits");
    add_value(builder, JSON_INTEGER)->integer = value;
    return 1;
}

static int
on_string(void *context, const unsigned char *text, size_t len)
{
    struct builder *builder = context;

    if (memchr(text, '\0', len) != NULL)
        return complain(builder, "a NUL in a string");
    add_value(builder, JSON_STRING)->string = keep_text(builder, text, len);
    return 1;
}

static int
on_key(void *context, const unsigned char *text, size_t len)
{
    struct builder *builder = context;

    if (memchr(text, '\0', len) != NULL)
        return complain(builder, "a NUL in a key");
    builder->key = keep_text(builder, text, len);
    return 1;
}

static int
open_container(struct builder *builder, enum json_type type)
{
    struct open_container *opened = &builder->open[builder->depth];

    if (builder->depth == JSON_MAX_DEPTH)
        return complain(builder, "values nested too deeply");
    opened->json = add_value(builder, type);
    opened->first = NULL;
    opened->behind_last = &opened->first;
    builder->depth++;
    return 1;
}

static int
on_open_object(void *context)
{
    return open_container(context, JSON_OBJECT);
}

static int
on_open_array(void *context)
{
    return open_container(context, JSON_ARRAY);
}

static int
compare_keys(const void *a, const void *b)
{
    const struct json *const *left = a, *const *right = b;

    return strcmp((*left)->key, (*right)->key);
}

/* Sorts a copy: comparing every key with every other would let a hostile text take quadratic time. */
static const char *
find_duplicate_key(struct builder *builder, const struct json *object)
{
    size_t size = object->count * sizeof(object->items[0]);
    struct json **sorted = take_or_leave(builder, &builder->scratch, size);

    memcpy(sorted, object->items, size);
    qsort(sorted, object->count, sizeof(sorted[0]), compare_keys);
    for (size_t i = 1; i < object->count; i++)
        if (compare_keys(&sorted[i - 1], &sorted[i]) == 0)
            return sorted[i]->key;
    return NULL;
}

static int
on_close(void *context)
{
    struct builder *builder = context;
    struct open_container *closed = &builder->open[--builder->depth];
    struct json *json = closed->json, *item = closed->first;
    const char *duplicate;

    if (json->count == 0)
        return 1;
    json->items = take_or_leave(builder, builder->tree, json->count * sizeof(json->items[0]));
    for (size_t i = 0; i < json->count; i++, item = item->next)
        json->items[i] = item;
    duplicate = json->type == JSON_OBJECT ? find_duplicate_key(builder, json) : NULL;
    if (duplicate != NULL) {
        snprintf(builder->complaint, sizeof(builder->complaint), "the key \"%.64s\" stands there twice", duplicate);
        return 0;
    }
    return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_bool,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_open_object,
    .yajl_map_key = on_key,
    .yajl_end_map = on_close,
    .yajl_start_array = on_open_array,
    .yajl_end_array = on_close,
};

/* The value of four hexadecimal digits, or -1. */
static int
escaped_unit(struct bytes text)
{
    int unit = 0;

    if (text.len < 4)
        return -1;
    for (size_t i = 0; i < 4; i++) {
        uint8_t c = text.data[i];

        if (c >= '0' && c <= '9')
            unit = unit << 4 | (c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            unit = unit << 4 | ((c | 0x20) - 'a' + 10);
        else
            return -1;
    }
    return unit;
}

/* RFC 8259, section 7: a character beyond the basic plane is a high surrogate followed by a low one. yajl makes a
 * question mark of a lone one, and does not look at what follows a high one. A backslash stands only in strings, so no
 * tokenizer is needed here. */
static bool
surrogates_are_paired(struct bytes text)
{
    bool low_is_due = false;
    struct bytes skipped;

    while (text.len > 0) {
        bool is_escape = text.len >= 2 && text.data[0] == '\\';
        int unit = is_escape && text.data[1] == 'u' ? escaped_unit((struct bytes){text.data + 2, text.len - 2}) : -1;
        bool is_low = unit >= 0xdc00 && unit <= 0xdfff;

        if (is_low != low_is_due)
            return false;
        low_is_due = unit >= 0xd800 && unit <= 0xdbff;
        if (!bytes_cut(&text, unit >= 0 ? 6 : is_escape ? 2 : 1, &skipped))
            return false;
    }
    return !low_is_due;
}

/* yajl's message without its newline. Not the verbose one, which quotes the text: that may be a secret. */
static void
keep_yajl_message(struct builder *builder, yajl_handle parser)
{
    unsigned char *message = yajl_get_error(parser, 0, NULL, 0);

    snprintf(builder->complaint, sizeof(builder->complaint), "%.*s", (int)strcspn((char *)message, "\n"),
             (const char *)message);
}

/* Feeds yajl; false with a complaint in the builder when it, or a callback, does not like what it sees. */
static bool
run_yajl(struct builder *builder, struct bytes text, size_t *ret_at)
{
    yajl_alloc_funcs memory = {yajl_takes, yajl_grows, yajl_frees, builder};
    yajl_handle parser = yajl_alloc(&callbacks, &memory, builder);
    yajl_status status = yajl_parse(parser, text.data, text.len);

    *ret_at = yajl_get_bytes_consumed(parser);
    if (status == yajl_status_ok)
        status = yajl_complete_parse(parser);
    if (status == yajl_status_error)
        keep_yajl_message(builder, parser);
    return status == yajl_status_ok;
}

static enum sealift_status
build_tree(struct builder *builder, struct bytes text, const char *name, struct sealift_error *err)
{
    size_t at = 0;

    if (setjmp(builder->out_of_memory) != 0)
        return error_set(err, SEALIFT_NO_MEMORY, "%s: out of memory while reading JSON", name);
    if (!run_yajl(builder, text, &at))
        return error_set(err, SEALIFT_CORRUPT, "%s: not acceptable JSON at byte %zu: %s", name, at, builder->complaint);
    return SEALIFT_OK;
}

static void
builder_done(struct builder *builder)
{
    arena_done(&builder->scratch);
    if (builder->tree != NULL)
        arena_done(builder->tree);
    free(builder->tree);
}

enum sealift_status
json_parse(struct bytes text, const char *name, struct json **ret_json, struct sealift_error *err)
{
    SCOPED(builder_done) struct builder builder = {0};

    if (!utf8_is_valid(text))
        return error_set(err, SEALIFT_CORRUPT, "%s: not valid UTF-8, so no JSON", name);
    if (!surrogates_are_paired(text))
        return error_set(err, SEALIFT_CORRUPT, "%s: a lone surrogate escape, so no valid JSON", name);
    builder.tree = calloc(1, sizeof(*builder.tree));
    if (builder.tree == NULL)
        return error_no_memory(err);
    TRY(build_tree(&builder, text, name, err));
    builder.outermost->whole = TAKE(builder.tree);
    *ret_json = builder.outermost;
    return SEALIFT_OK;
}
