#include "key_record.h"

#include "document.h"
#include "error.h"
#include "names.h"
#include "scoped.h"

#include <assert.h>

void
key_record_done(struct key_record *record)
{
    buf_done(&record->sealed_private);
    *record = (struct key_record){0};
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
    envelope_write(&record->envelope, writer, "envelope");
    json_put_base64(writer, "private", buf_bytes(&record->sealed_private));
    json_close_object(writer);
    TRY(json_writer_finish(writer, out, err));
    return buf_append_text(out, "\n", err);
}

static enum sealift_status
read_envelope(const struct json *json, struct key_record *record, struct sealift_error *err)
{
    const struct json *envelope;

    TRY(json_need_object(json, "envelope", &envelope, err));
    TRY(envelope_read(envelope, &record->envelope, err));
    if (!uuid_equal(&record->envelope.fs, &record->fs))
        return error_set(err, SEALIFT_CORRUPT, "its envelope holds the key of another filesystem");
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
    TRY(read_envelope(json, record, err));
    return json_need_base64(json, "private", &record->sealed_private, err);
}

enum sealift_status
key_record_parse(struct bytes text, const struct uuid *fs, const struct uuid *record, struct key_record *ret_record,
                 struct sealift_error *err)
{
    SCOPED(key_record_done) struct key_record parsed = {.fs = *fs, .record = *record};
    char name[NAME_SIZE];

    if (parse(text, &parsed, err) != SEALIFT_OK) {
        name_of_key_record(fs, record, name);
        return error_prefix(err, "key record %s", name);
    }
    *ret_record = parsed;
    parsed = (struct key_record){0};
    return SEALIFT_OK;
}
