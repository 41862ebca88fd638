#include "key_record.h"

#include "document.h"
#include "error.h"
#include "names.h"
#include "scoped.h"

#include <assert.h>
#include <string.h>

void
key_record_done(struct key_record *record)
{
    buf_done(&record->sealed_private);
    *record = (struct key_record){0};
}

static bool
is_for_one_snapshot(const struct key_record *record)
{
    return !uuid_is_zero(&record->snapshot);
}

static enum sealift_status
blame(const struct key_record *record, struct sealift_error *err)
{
    char name[NAME_SIZE];

    name_of_key_record(&record->fs, record->envelope.key_check, &record->record, name);
    return error_prefix(err, "key record %s", name);
}

enum sealift_status
key_record_seal(struct key_record *record, const struct private_part *names, const struct secret *fs_key,
                struct sealift_error *err)
{
    assert((names->snapshot[0] != '\0') == is_for_one_snapshot(record));
    return private_part_seal(names, fs_key, &record->fs, &record->record, &record->sealed_private, err);
}

enum sealift_status
key_record_build(const struct key_record *record, struct buf *out, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    assert(uuid_equal(&record->fs, &record->envelope.fs));
    TRY(json_writer_new(&writer, err));
    document_open(writer, "key");
    document_put_uuid(writer, "fs", &record->fs);
    document_put_uuid(writer, "record", &record->record);
    document_put_time(writer, "created", record->created_ns);
    if (is_for_one_snapshot(record))
        document_put_uuid(writer, "snapshot", &record->snapshot);
    envelope_write(&record->envelope, writer, "envelope");
    json_put_base64(writer, "private", buf_bytes(&record->sealed_private));
    json_close_object(writer);
    TRY(json_writer_finish(writer, out, err));
    return buf_append_text(out, "\n", err);
}

static enum sealift_status
read_snapshot(const struct json *json, struct key_record *record, struct sealift_error *err)
{
    if (json_get(json, "snapshot") == NULL)
        return SEALIFT_OK;
    TRY(document_need_uuid(json, "snapshot", &record->snapshot, err));
    if (!is_for_one_snapshot(record))
        return error_set(err, SEALIFT_CORRUPT, "\"snapshot\" is no upload's");
    return SEALIFT_OK;
}

/* What comes in the place of record->envelope must be what its name says that it is. */
static enum sealift_status
read_envelope(const struct json *json, struct key_record *record, struct sealift_error *err)
{
    const struct json *envelope;
    struct envelope found;

    TRY(json_need_object(json, "envelope", &envelope, err));
    TRY(envelope_read(envelope, &found, err));
    if (!uuid_equal(&found.fs, &record->fs))
        return error_set(err, SEALIFT_CORRUPT, "its envelope holds the key of another filesystem");
    if (memcmp(found.key_check, record->envelope.key_check, KEY_CHECK_SIZE) != 0)
        return error_set(err, SEALIFT_CORRUPT, "its envelope holds another key than its name says");
    record->envelope = found;
    return SEALIFT_OK;
}

static enum sealift_status
parse(struct bytes text, struct key_record *record, struct sealift_error *err)
{
    SCOPED(json_free) struct json *json = NULL;

    if (text.len > KEY_RECORD_MAX_SIZE)
        return error_set(err, SEALIFT_CORRUPT, "has %zu bytes, more than a key record can have", text.len);
    TRY(json_parse(text, "its text", &json, err));
    TRY(document_check(json, "key", err));
    TRY(document_expect_uuid(json, "fs", &record->fs, err));
    TRY(document_expect_uuid(json, "record", &record->record, err));
    TRY(document_need_time(json, "created", &record->created_ns, err));
    TRY(read_snapshot(json, record, err));
    TRY(read_envelope(json, record, err));
    return json_need_base64(json, "private", &record->sealed_private, err);
}

enum sealift_status
key_record_parse(struct bytes text, const struct uuid *fs, const uint8_t key_check[KEY_CHECK_SIZE],
                 const struct uuid *record, struct key_record *ret_record, struct sealift_error *err)
{
    SCOPED(key_record_done) struct key_record parsed = {.fs = *fs, .record = *record};

    memcpy(parsed.envelope.key_check, key_check, KEY_CHECK_SIZE);
    if (parse(text, &parsed, err) != SEALIFT_OK)
        return blame(&parsed, err);
    *ret_record = parsed;
    parsed = (struct key_record){0};
    return SEALIFT_OK;
}

static enum sealift_status
open_private(const struct key_record *record, const struct secret *fs_key, struct private_part *ret_part,
             struct sealift_error *err)
{
    struct private_part part;

    TRY(private_part_open(buf_bytes(&record->sealed_private), fs_key, &record->fs, &record->record, &part, err));
    if ((part.snapshot[0] != '\0') != is_for_one_snapshot(record))
        return error_set(err, SEALIFT_CORRUPT, "it was altered: whether its key is for one snapshot alone");
    *ret_part = part;
    return SEALIFT_OK;
}

enum sealift_status
key_record_private(const struct key_record *record, const struct secret *fs_key, struct private_part *ret_part,
                   struct sealift_error *err)
{
    return open_private(record, fs_key, ret_part, err) == SEALIFT_OK ? SEALIFT_OK : blame(record, err);
}
