#include "log_record.h"

#include "document.h"
#include "error.h"
#include "names.h"
#include "scoped.h"
#include "text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {
    [LOG_OPENING] = "opening", [LOG_SEGMENTS] = "segments", [LOG_CLOSING] = "closing"};
static const char *const segment_kind_names[] = {[SEGMENT_DATA] = "data", [SEGMENT_TREE] = "tree"};

void
log_usage_done(struct log_usage *usage)
{
    free(usage->record_sha256);
    buf_done(&usage->data_used);
    buf_done(&usage->tree_used);
    *usage = (struct log_usage){0};
}

void
log_record_done(struct log_record *record)
{
    for (size_t i = 0; i < record->usage_count; i++)
        log_usage_done(&record->usages[i]);
    free(record->usages);
    free(record->segments);
    free(record->parents);
    buf_done(&record->sealed_progress);
    *record = (struct log_record){0};
}
/* Writing. */

static void
put_parents(struct json_writer *writer, const struct log_record *record)
{
    json_open_array(writer, "parents");
    for (size_t i = 0; i < record->parent_count; i++)
        document_put_uuid(writer, NULL, &record->parents[i]);
    json_close_array(writer);
}

static void
put_segments(struct json_writer *writer, const struct log_record *record)
{
    json_open_array(writer, "segments");
    for (size_t i = 0; i < record->segment_count; i++) {
        const struct log_segment *segment = &record->segments[i];

        json_open_object(writer, NULL);
        json_put_string(writer, "kind", segment_kind_names[segment->id.kind]);
        json_put_integer(writer, "number", segment->id.number);
        json_put_integer(writer, "size", (int64_t)segment->size);
        json_put_hex(writer, "sha256", BYTES_OF(segment->sha256));
        json_put_hex(writer, "salt", BYTES_OF(segment->id.salt));
        json_close_object(writer);
    }
    json_close_array(writer);
    if (record->sealed_progress.len > 0)
        json_put_base64(writer, "progress", buf_bytes(&record->sealed_progress));
}

static void
put_usages(struct json_writer *writer, const struct log_record *record)
{
    json_open_array(writer, "usages");
    for (size_t i = 0; i < record->usage_count; i++) {
        const struct log_usage *usage = &record->usages[i];

        json_open_object(writer, NULL);
        document_put_uuid(writer, "upload", &usage->upload);
        json_open_array(writer, "records");
        for (size_t j = 0; j < usage->record_count; j++)
            json_put_hex(writer, NULL, BYTES_OF(usage->record_sha256[j]));
        json_close_array(writer);
        json_put_base64(writer, "data", buf_bytes(&usage->data_used));
        json_put_base64(writer, "tree", buf_bytes(&usage->tree_used));
        json_close_object(writer);
    }
    json_close_array(writer);
}

enum sealift_status
log_record_build(const struct log_record *record, struct buf *out, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    assert((record->kind == LOG_OPENING) == (record->number == 0));
    TRY(json_writer_new(&writer, err));
    document_open(writer, "log");
    document_put_uuid(writer, "fs", &record->fs);
    document_put_uuid(writer, "upload", &record->upload);
    json_put_integer(writer, "number", record->number);
    json_put_string(writer, "kind", kind_names[record->kind]);
    document_put_time(writer, "created", record->created_ns);
    if (record->kind == LOG_OPENING)
        put_parents(writer, record);
    else if (record->kind == LOG_SEGMENTS)
        put_segments(writer, record);
    else
        put_usages(writer, record);
    json_close_object(writer);
    TRY(json_writer_finish(writer, out, err));
    return buf_append_text(out, "\n", err);
}

/* Reading. */

/* The elements of an array member, and zeroed memory for as many structs; at least one, so that none is never NULL. */
static enum sealift_status
need_elements(const struct json *json, const char *key, size_t max, size_t element_size, const struct json **ret_array,
              void **ret_memory, struct sealift_error *err)
{
    const struct json *array;
    void *memory;

    TRY(json_need_array(json, key, &array, err));
    if (json_count(array) > max)
        return error_set(err, SEALIFT_CORRUPT, "\"%s\" has %zu elements, %zu is the most", key, json_count(array), max);
    memory = calloc(json_count(array) + 1, element_size);
    if (memory == NULL)
        return error_no_memory(err);
    *ret_array = array;
    *ret_memory = memory;
    return SEALIFT_OK;
}

static enum sealift_status
read_parents(const struct json *json, struct log_record *record, struct sealift_error *err)
{
    const struct json *array;
    void *memory;

    TRY(need_elements(json, "parents", LOG_RECORD_MAX_PARENTS, sizeof(*record->parents), &array, &memory, err));
    record->parents = memory;
    for (; record->parent_count < json_count(array); record->parent_count++) {
        const char *text = json_string(json_at(array, record->parent_count));

        if (text == NULL || !uuid_parse(text, &record->parents[record->parent_count]))
            return error_set(err, SEALIFT_CORRUPT, "\"parents\" holds something else than UUIDs");
    }
    return SEALIFT_OK;
}

static enum sealift_status
read_segment_kind(const struct json *json, enum segment_kind *ret_kind, struct sealift_error *err)
{
    const char *text;

    TRY(json_need_string(json, "kind", &text, err));
    for (enum segment_kind kind = SEGMENT_DATA; kind <= SEGMENT_TREE; kind++) {
        if (strcmp(text, segment_kind_names[kind]) == 0) {
            *ret_kind = kind;
            return SEALIFT_OK;
        }
    }
    return error_set(err, SEALIFT_CORRUPT, "a segment is of kind \"%s\"", text);
}

static enum sealift_status
read_segment(const struct json *json, struct log_segment *segment, struct sealift_error *err)
{
    TRY(read_segment_kind(json, &segment->id.kind, err));
    TRY(document_need_u32(json, "number", NAME_NUMBER_MAX, &segment->id.number, err));
    TRY(document_need_count(json, "size", SEGMENT_MAX_SIZE, &segment->size, err));
    TRY(json_need_hex(json, "sha256", segment->sha256, sizeof(segment->sha256), err));
    return json_need_hex(json, "salt", segment->id.salt, sizeof(segment->id.salt), err);
}

static enum sealift_status
read_segments(const struct json *json, struct log_record *record, struct sealift_error *err)
{
    const struct json *array;
    void *memory;

    TRY(need_elements(json, "segments", LOG_RECORD_MAX_SEGMENTS, sizeof(*record->segments), &array, &memory, err));
    record->segments = memory;
    for (; record->segment_count < json_count(array); record->segment_count++) {
        struct log_segment *segment = &record->segments[record->segment_count];

        TRY(read_segment(json_at(array, record->segment_count), segment, err));
        segment->id.upload = record->upload;
    }
    if (json_get(json, "progress") != NULL)
        TRY(json_need_base64(json, "progress", &record->sealed_progress, err));
    return SEALIFT_OK;
}

static enum sealift_status
read_record_hashes(const struct json *json, struct log_usage *usage, struct sealift_error *err)
{
    const struct json *array;
    void *memory;

    TRY(need_elements(json, "records", NAME_NUMBER_MAX, SHA256_SIZE, &array, &memory, err));
    usage->record_sha256 = memory;
    for (; usage->record_count < json_count(array); usage->record_count++) {
        const char *text = json_string(json_at(array, usage->record_count));

        if (text == NULL || !hex_decode(text, usage->record_sha256[usage->record_count], SHA256_SIZE))
            return error_set(err, SEALIFT_CORRUPT, "\"records\" holds something else than SHA-256 digests");
    }
    return SEALIFT_OK;
}

/* A bit a number. What is longer marks segments that can have no name. */
static enum sealift_status
read_used(const struct json *json, const char *key, struct buf *ret_used, struct sealift_error *err)
{
    TRY(json_need_base64(json, key, ret_used, err));
    if (ret_used->len > LOG_USED_MAX_SIZE)
        return error_set(err, SEALIFT_CORRUPT, "\"%s\" has %zu bytes, a bit a segment: %zu is the most", key,
                         ret_used->len, LOG_USED_MAX_SIZE);
    return SEALIFT_OK;
}

static enum sealift_status
read_usage(const struct json *json, struct log_usage *usage, struct sealift_error *err)
{
    TRY(document_need_uuid(json, "upload", &usage->upload, err));
    TRY(read_record_hashes(json, usage, err));
    TRY(read_used(json, "data", &usage->data_used, err));
    return read_used(json, "tree", &usage->tree_used, err);
}

static enum sealift_status
read_usages(const struct json *json, struct log_record *record, struct sealift_error *err)
{
    const struct json *array;
    void *memory;

    TRY(need_elements(json, "usages", LOG_RECORD_MAX_USAGES, sizeof(*record->usages), &array, &memory, err));
    record->usages = memory;
    record->usage_count = json_count(array);
    for (size_t i = 0; i < record->usage_count; i++)
        TRY(read_usage(json_at(array, i), &record->usages[i], err));
    return SEALIFT_OK;
}

static enum sealift_status
read_kind(const struct json *json, uint32_t number, enum log_record_kind *ret_kind, struct sealift_error *err)
{
    const char *text;

    TRY(json_need_string(json, "kind", &text, err));
    for (enum log_record_kind kind = LOG_OPENING; kind <= LOG_CLOSING; kind++) {
        if (strcmp(text, kind_names[kind]) != 0)
            continue;
        if ((kind == LOG_OPENING) != (number == 0))
            return error_set(err, SEALIFT_CORRUPT, "record %u is of kind \"%s\"", (unsigned)number, text);
        *ret_kind = kind;
        return SEALIFT_OK;
    }
    return error_set(err, SEALIFT_INVALID, "it is of kind \"%s\", made by a later sealift: upgrade this one", text);
}

static enum sealift_status
read_record(const struct json *json, struct log_record *record, struct sealift_error *err)
{
    int64_t number;

    TRY(document_check(json, "log", err));
    TRY(document_expect_uuid(json, "fs", &record->fs, err));
    TRY(document_expect_uuid(json, "upload", &record->upload, err));
    TRY(json_need_integer(json, "number", record->number, record->number, &number, err));
    TRY(read_kind(json, record->number, &record->kind, err));
    TRY(document_need_time(json, "created", &record->created_ns, err));
    if (record->kind == LOG_OPENING)
        return read_parents(json, record, err);
    if (record->kind == LOG_SEGMENTS)
        return read_segments(json, record, err);
    return read_usages(json, record, err);
}

static enum sealift_status
parse(struct bytes text, struct log_record *record, struct sealift_error *err)
{
    SCOPED(json_free) struct json *json = NULL;

    if (text.len > LOG_RECORD_MAX_SIZE)
        return error_set(err, SEALIFT_CORRUPT, "has %zu bytes, more than a log record can have", text.len);
    TRY(json_parse(text, "its text", &json, err));
    return read_record(json, record, err);
}

enum sealift_status
log_record_parse(struct bytes text, const struct uuid *fs, const struct uuid *upload, uint32_t number,
                 struct log_record *ret_record, struct sealift_error *err)
{
    SCOPED(log_record_done) struct log_record record = {.fs = *fs, .upload = *upload, .number = number};
    char name[NAME_SIZE];

    if (parse(text, &record, err) != SEALIFT_OK) {
        name_of_log_record(fs, upload, number, name);
        return error_prefix(err, "log record %s", name);
    }
    *ret_record = record;
    record = (struct log_record){0};
    return SEALIFT_OK;
}
