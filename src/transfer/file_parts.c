#include "file_parts.h"

#include "error.h"
#include "scoped.h"

static enum sealift_status
measure(struct entry_reader *reader, uint64_t size, struct file_part *part, struct sealift_error *err)
{
    uint64_t length;
    bool hole;

    TRY(entry_reader_run(reader, part->from, size, &length, &hole, err));
    part->to = size - part->from > PART_BYTES ? part->from + PART_BYTES : size;
    part->hole = length == 0 || (hole && (length >= PART_BYTES || part->from + length == size));
    if (part->hole)
        part->to = length == 0 ? size : part->from + length; /* behind the end of a file that has become shorter */
    return SEALIFT_OK;
}

/* The part that begins where *part ends. When it cannot be measured, it is all that is left. */
static enum sealift_status
cut_next(struct entry_reader *reader, const struct walk_entry *entry, struct file_part *part, struct sealift_error *err)
{
    part->from = part->to;
    part->to = entry->meta.size;
    part->hole = false;
    if (part->from == 0)
        TRY(entry_reader_open(reader, entry, err));
    return measure(reader, entry->meta.size, part, err);
}

static enum sealift_status
cut_all(struct upload *upload, struct entry_reader *reader, struct large_file *large, file_parts_each *each,
        void *context, struct sealift_error *err)
{
    for (struct file_part part = {0}; part.to < large->entry->meta.size;) {
        SCOPED(batch_free) struct batch *batch = NULL;
        struct sealift_error reason;
        enum sealift_status status = cut_next(reader, large->entry, &part, &reason);

        if (status != SEALIFT_OK && !upload_is_about_the_path(status)) {
            *err = reason;
            return status;
        }
        TRY(batch_new_part(large, &part, &batch, err));
        if (status != SEALIFT_OK)
            upload_unreadable(upload, &batch->items[0], &reason);
        TRY(each(context, &batch, err));
    }
    return SEALIFT_OK;
}

enum sealift_status
file_parts_cut(struct upload *upload, struct entry_reader *reader, struct large_file *large, file_parts_each *each,
               void *context, struct sealift_error *err)
{
    enum sealift_status status = cut_all(upload, reader, large, each, context, err);

    entry_reader_close(reader);
    return status;
}
