#include "marker.h"

#include "error.h"
#include "names.h"
#include "scoped.h"

enum sealift_status
marker_build(struct buf *out, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    TRY(json_writer_new(&writer, err));
    document_open(writer, "bucket");
    json_close_object(writer);
    TRY(json_writer_finish(writer, out, err));
    return buf_append_text(out, "\n", err);
}

enum sealift_status
marker_check(struct bytes text, struct sealift_error *err)
{
    SCOPED(json_free) struct json *json = NULL;

    if (text.len > MARKER_MAX_SIZE)
        return error_set(err, SEALIFT_CORRUPT, NAME_MARKER ": has %zu bytes, too many for a format marker", text.len);
    TRY(json_parse(text, NAME_MARKER, &json, err));
    if (document_check(json, "bucket", err) != SEALIFT_OK)
        return error_prefix(err, NAME_MARKER);
    return SEALIFT_OK;
}
