#include "log_reader.h"

#include "error.h"
#include "scoped.h"

#include <string.h>

struct log_pass {
    const struct world *world;
    struct store *store;
    const struct manifest *manifest;
    log_each_segment *each;
    void *context;
    struct log_reading reading;
};

/* Fetches a record and compares it with the hash that is known of it. */
static enum sealift_status
fetch_record(struct store *store, const struct uuid *fs, const struct uuid *upload, uint32_t number,
             const uint8_t sha256_said[SHA256_SIZE], struct log_reading *reading, struct log_record *ret_record,
             struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};
    uint8_t hash[SHA256_SIZE];
    char name[NAME_SIZE];

    name_of_log_record(fs, upload, number, name);
    TRY(store_get(store, name, LOG_RECORD_MAX_SIZE, &text, err));
    reading->objects++;
    reading->bytes += text.len;
    TRY(sha256(buf_bytes(&text), hash, err));
    if (!digest_equal(hash, sha256_said, SHA256_SIZE))
        return error_set(err, SEALIFT_CORRUPT, "%s: is not the record that the snapshot's manifest was made with",
                         name);
    if (log_record_parse(buf_bytes(&text), fs, upload, number, ret_record, err) != SEALIFT_OK)
        return error_prefix(err, "%s", name);
    return SEALIFT_OK;
}

static bool
take_bit(struct buf *bits, uint32_t number)
{
    uint8_t bit = (uint8_t)(1u << number % 8);

    if (number / 8 >= bits->len || (bits->data[number / 8] & bit) == 0)
        return false;
    bits->data[number / 8] &= (uint8_t)~bit;
    return true;
}

/* What is used, and not yet met in a record, has its bit; the bit goes when it is met. */
static enum sealift_status
pass_record(struct log_pass *pass, struct log_usage *usage, const struct log_record *record, struct sealift_error *err)
{
    for (size_t i = 0; i < record->segment_count; i++) {
        const struct log_segment *segment = &record->segments[i];
        struct buf *bits = segment->id.kind == SEGMENT_TREE ? &usage->tree_used : &usage->data_used;

        if (take_bit(bits, segment->id.number))
            TRY(pass->each(pass->context, segment, err));
    }
    return SEALIFT_OK;
}

static enum sealift_status
check_all_met(const struct log_pass *pass, const struct log_usage *usage, enum segment_kind kind,
              struct sealift_error *err)
{
    const struct buf *bits = kind == SEGMENT_TREE ? &usage->tree_used : &usage->data_used;
    char name[NAME_SIZE];

    for (uint32_t number = 0; number / 8 < bits->len; number++) {
        if ((bits->data[number / 8] >> number % 8 & 1) == 0)
            continue;
        name_of_segment(&pass->manifest->fs, &usage->upload, kind, number, name);
        return error_set(err, SEALIFT_CORRUPT, "%s: the snapshot uses it, but no record of its log lists it", name);
    }
    return SEALIFT_OK;
}

static enum sealift_status
pass_log(struct log_pass *pass, struct log_usage *usage, struct sealift_error *err)
{
    for (uint32_t number = 0; number < usage->record_count; number++) {
        SCOPED(log_record_done) struct log_record record = {0};

        TRY(world_check_cancel(pass->world, err));
        TRY(fetch_record(pass->store, &pass->manifest->fs, &usage->upload, number, usage->record_sha256[number],
                         &pass->reading, &record, err));
        TRY(pass_record(pass, usage, &record, err));
    }
    TRY(check_all_met(pass, usage, SEGMENT_DATA, err));
    return check_all_met(pass, usage, SEGMENT_TREE, err);
}

static enum sealift_status
blame_closing(const struct manifest *manifest, struct sealift_error *err)
{
    char name[NAME_SIZE];

    name_of_log_record(&manifest->fs, &manifest->upload, manifest->closing_record, name);
    return error_set(err, SEALIFT_CORRUPT, "%s: is not the closing record that the manifest says it is", name);
}

static enum sealift_status
read_closing(struct store *store, const struct manifest *manifest, struct log_reading *reading,
             struct log_record *ret_closing, struct sealift_error *err)
{
    TRY(fetch_record(store, &manifest->fs, &manifest->upload, manifest->closing_record, manifest->closing_sha256,
                     reading, ret_closing, err));
    return ret_closing->kind == LOG_CLOSING ? SEALIFT_OK : blame_closing(manifest, err);
}

enum sealift_status
log_read_closing(struct store *store, const struct manifest *manifest, struct log_record *ret_closing,
                 struct sealift_error *err)
{
    SCOPED(log_record_done) struct log_record closing = {0};
    struct log_reading reading = {0};

    TRY(read_closing(store, manifest, &reading, &closing, err));
    *ret_closing = closing;
    closing = (struct log_record){0};
    return SEALIFT_OK;
}

enum sealift_status
log_read(const struct world *world, struct store *store, const struct manifest *manifest, log_each_segment *each,
         void *context, struct log_reading *ret_reading, struct sealift_error *err)
{
    SCOPED(log_record_done) struct log_record closing = {0};
    struct log_pass pass = {.world = world, .store = store, .manifest = manifest, .each = each, .context = context};

    TRY(read_closing(store, manifest, &pass.reading, &closing, err));
    for (size_t i = 0; i < closing.usage_count; i++)
        TRY(pass_log(&pass, &closing.usages[i], err));
    *ret_reading = pass.reading;
    return SEALIFT_OK;
}
