#include "pending_dirs.h"

#include "error.h"
#include "scoped.h"

#include <assert.h>
#include <string.h>

struct record {
    struct attributes attributes; /* xattrs.data is made anew when it is looked at: the buffer moves as it grows */
    size_t path_len;              /* of the one before it */
};

void
pending_dirs_done(struct pending_dirs *pending)
{
    buf_done(&pending->path);
    buf_done(&pending->records);
}

bool
pending_dirs_is_empty(const struct pending_dirs *pending)
{
    return pending->records.len == 0;
}

enum sealift_status
pending_dirs_push(struct pending_dirs *pending, struct bytes path, const struct attributes *attributes,
                  struct sealift_error *err)
{
    struct record record = {*attributes, pending->path.len};
    struct bytes above;

    if (!bytes_cut(&path, pending->path.len, &above))
        return error_set(err, SEALIFT_INTERNAL, "a directory does not lie in the one before it");
    TRY(buf_append_bytes(&pending->path, path, err));
    TRY(buf_append_bytes(&pending->records, attributes->xattrs, err));
    return buf_append(&pending->records, &record, sizeof(record), err);
}

static struct record
last_record(const struct pending_dirs *pending)
{
    struct record record;

    assert(pending->records.len >= sizeof(record));
    memcpy(&record, pending->records.data + pending->records.len - sizeof(record), sizeof(record));
    return record;
}

void
pending_dirs_deepest(const struct pending_dirs *pending, struct bytes *ret_path, struct attributes *ret_attributes)
{
    struct record record = last_record(pending);

    record.attributes.xattrs.data =
        pending->records.data + pending->records.len - sizeof(record) - record.attributes.xattrs.len;
    *ret_path = buf_bytes(&pending->path);
    *ret_attributes = record.attributes;
}

void
pending_dirs_pop(struct pending_dirs *pending)
{
    struct record record = last_record(pending);

    pending->records.len -= sizeof(record) + record.attributes.xattrs.len;
    pending->path.len = record.path_len;
}
