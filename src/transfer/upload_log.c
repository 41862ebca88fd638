#include "upload_log.h"

#include "error.h"
#include "scoped.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_AGE_NS (60 * NS_PER_S)
#define RECORD_BYTES  ((uint64_t)4 << 30)

/* What was stored of one kind: a bit a segment, and a sum that depends on every number and size, so that a listing can
 * be compared without keeping the sizes. */
struct inventory {
    struct buf numbers;
    uint64_t count;
    uint64_t bytes;
    uint64_t fingerprint;
};

struct upload_log {
    const struct world *world;
    struct store *store;
    struct uuid fs, upload;

    pthread_mutex_t lock; /* guards everything below */
    struct log_segment *pending;
    size_t pending_count, pending_capacity;
    uint64_t pending_bytes;
    int64_t last_record_ns;
    struct inventory data, tree;
    uint8_t (*record_sha256)[SHA256_SIZE];
    size_t record_count, record_capacity; /* records numbered; a number is taken before its record is put */
};

enum sealift_status
upload_log_new(const struct world *world, struct store *store, const struct uuid *fs, const struct uuid *upload,
               struct upload_log **ret_log, struct sealift_error *err)
{
    struct upload_log *log = calloc(1, sizeof(*log));

    if (log == NULL)
        return error_no_memory(err);
    *log = (struct upload_log){.world = world, .store = store, .fs = *fs, .upload = *upload};
    log->last_record_ns = world->clock->mono_ns(world->clock);
    pthread_mutex_init(&log->lock, NULL);
    *ret_log = log;
    return SEALIFT_OK;
}

void
upload_log_free(struct upload_log **log)
{
    if (*log == NULL)
        return;
    pthread_mutex_destroy(&(*log)->lock);
    buf_done(&(*log)->data.numbers);
    buf_done(&(*log)->tree.numbers);
    free((*log)->pending);
    free((*log)->record_sha256);
    free(*log);
    *log = NULL;
}

/* Room for one more element; the arrays of this file grow by doubling. */
static enum sealift_status
grow(void *array_pointer, size_t count, size_t *capacity, size_t element, struct sealift_error *err)
{
    void **array = array_pointer;
    size_t wanted = *capacity != 0 ? *capacity * 2 : 64;
    void *grown;

    if (count < *capacity)
        return SEALIFT_OK;
    grown = realloc(*array, wanted * element);
    if (grown == NULL)
        return error_no_memory(err);
    *array = grown;
    *capacity = wanted;
    return SEALIFT_OK;
}

static enum sealift_status
take_number_locked(struct upload_log *log, uint32_t *ret_number, struct sealift_error *err)
{
    TRY(grow(&log->record_sha256, log->record_count, &log->record_capacity, SHA256_SIZE, err));
    *ret_number = (uint32_t)log->record_count++;
    return SEALIFT_OK;
}

/* Puts a record under the number that was taken for it, and remembers its hash. Called without the lock: it takes a
 * round trip. */
static enum sealift_status
put_record(struct upload_log *log, struct log_record *record, uint8_t ret_sha256[SHA256_SIZE],
           struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {.max = LOG_RECORD_MAX_SIZE};
    char name[NAME_SIZE];

    record->fs = log->fs;
    record->upload = log->upload;
    record->created_ns = log->world->clock->wall_ns(log->world->clock);
    TRY(log_record_build(record, &text, err));
    TRY(sha256(buf_bytes(&text), ret_sha256, err));
    name_of_log_record(&log->fs, &log->upload, record->number, name);
    return store_put(log->store, name, buf_bytes(&text), ret_sha256, err);
}

static enum sealift_status
put_numbered(struct upload_log *log, struct log_record *record, struct sealift_error *err)
{
    uint8_t hash[SHA256_SIZE];

    TRY(put_record(log, record, hash, err));
    pthread_mutex_lock(&log->lock);
    memcpy(log->record_sha256[record->number], hash, sizeof(hash));
    pthread_mutex_unlock(&log->lock);
    return SEALIFT_OK;
}

enum sealift_status
upload_log_open(struct upload_log *log, struct sealift_error *err)
{
    struct log_record record = {.kind = LOG_OPENING};
    enum sealift_status status;

    pthread_mutex_lock(&log->lock);
    status = take_number_locked(log, &record.number, err);
    pthread_mutex_unlock(&log->lock);
    if (status != SEALIFT_OK)
        return status;
    return put_numbered(log, &record, err);
}

/* A mixing function in the manner of SplitMix64's finalizer: enough against accidents, which is all that a listing is
 * compared for; against forgery stand the seals. */
static uint64_t
mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static bool
has_bit(const struct buf *bits, uint32_t number)
{
    return number / 8 < bits->len && (bits->data[number / 8] >> number % 8 & 1) != 0;
}

static enum sealift_status
set_bit(struct buf *bits, uint32_t number, struct sealift_error *err)
{
    size_t need = number / 8 + 1;

    if (need > bits->len) {
        TRY(buf_reserve(bits, need - bits->len, err));
        memset(bits->data + bits->len, 0, need - bits->len);
        bits->len = need;
    }
    bits->data[number / 8] |= (uint8_t)(1u << number % 8);
    return SEALIFT_OK;
}

static enum sealift_status
inventory_add(struct inventory *inventory, uint32_t number, uint64_t size, struct sealift_error *err)
{
    TRY(set_bit(&inventory->numbers, number, err));
    inventory->count++;
    inventory->bytes += size;
    inventory->fingerprint += mix(mix((uint64_t)number + 1) ^ size);
    return SEALIFT_OK;
}

static struct inventory *
inventory_of(struct upload_log *log, enum segment_kind kind)
{
    return kind == SEGMENT_TREE ? &log->tree : &log->data;
}

static enum sealift_status
add_locked(struct upload_log *log, const struct log_segment *segment, struct sealift_error *err)
{
    TRY(grow(&log->pending, log->pending_count, &log->pending_capacity, sizeof(*log->pending), err));
    TRY(inventory_add(inventory_of(log, segment->id.kind), segment->id.number, segment->size, err));
    log->pending[log->pending_count++] = *segment;
    log->pending_bytes += segment->size;
    return SEALIFT_OK;
}

static bool
is_due_locked(const struct upload_log *log)
{
    int64_t age = log->world->clock->mono_ns(log->world->clock) - log->last_record_ns;

    return age >= RECORD_AGE_NS || log->pending_bytes >= RECORD_BYTES || log->pending_count >= LOG_RECORD_MAX_SEGMENTS;
}

/* The pending segments become the record's. */
static enum sealift_status
take_pending_locked(struct upload_log *log, struct log_record *record, struct sealift_error *err)
{
    TRY(take_number_locked(log, &record->number, err));
    record->kind = LOG_SEGMENTS;
    record->segments = TAKE(log->pending);
    record->segment_count = log->pending_count;
    log->pending_count = log->pending_capacity = 0;
    log->pending_bytes = 0;
    log->last_record_ns = log->world->clock->mono_ns(log->world->clock);
    return SEALIFT_OK;
}

enum sealift_status
upload_log_add(struct upload_log *log, const struct log_segment *segment, struct sealift_error *err)
{
    SCOPED(log_record_done) struct log_record record = {0};
    enum sealift_status status;
    bool due = false;

    pthread_mutex_lock(&log->lock);
    status = add_locked(log, segment, err);
    if (status == SEALIFT_OK && is_due_locked(log)) {
        due = true;
        status = take_pending_locked(log, &record, err);
    }
    pthread_mutex_unlock(&log->lock);
    if (status != SEALIFT_OK || !due)
        return status;
    return put_numbered(log, &record, err);
}

enum sealift_status
upload_log_flush(struct upload_log *log, struct sealift_error *err)
{
    SCOPED(log_record_done) struct log_record record = {0};
    enum sealift_status status = SEALIFT_OK;
    bool any;

    pthread_mutex_lock(&log->lock);
    any = log->pending_count > 0;
    if (any)
        status = take_pending_locked(log, &record, err);
    pthread_mutex_unlock(&log->lock);
    if (status != SEALIFT_OK || !any)
        return status;
    return put_numbered(log, &record, err);
}

/* What a listing shows of one kind. */
struct listed {
    const struct upload_log *log;
    enum segment_kind kind;
    const struct inventory *stored;
    struct inventory seen;
};

static enum sealift_status
see(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct listed *listed = context;
    struct uuid fs, upload;
    enum segment_kind kind;
    uint32_t number;

    TRY(world_check_cancel(listed->log->world, err));
    if (!name_parse_segment(object->name, &fs, &upload, &kind, &number) || !has_bit(&listed->stored->numbers, number))
        return SEALIFT_OK; /* nothing of ours: it does not count, and does no harm */
    return inventory_add(&listed->seen, number, object->size, err);
}

static enum sealift_status
name_the_missing(const struct listed *listed, struct sealift_error *err)
{
    char name[NAME_SIZE];

    for (uint32_t number = 0; number / 8 < listed->stored->numbers.len; number++) {
        if (!has_bit(&listed->stored->numbers, number) || has_bit(&listed->seen.numbers, number))
            continue;
        name_of_segment(&listed->log->fs, &listed->log->upload, listed->kind, number, name);
        return error_set(err, SEALIFT_CORRUPT,
                         "%s: the store accepted it, but does not list it; nothing is published. Upload again; if it "
                         "happens again, ask the store's admin whether something deletes objects",
                         name);
    }
    name_of_segments(&listed->log->fs, &listed->log->upload, listed->kind, name);
    return error_set(err, SEALIFT_CORRUPT,
                     "%s: the store lists %" PRIu64 " bytes where %" PRIu64
                     " were sent; nothing is published. Upload again",
                     name, listed->seen.bytes, listed->stored->bytes);
}

static enum sealift_status
confirm_kind(struct upload_log *log, enum segment_kind kind, struct sealift_error *err)
{
    struct listed listed = {.log = log, .kind = kind, .stored = inventory_of(log, kind)};
    char prefix[NAME_SIZE];
    enum sealift_status status;

    name_of_segments(&log->fs, &log->upload, kind, prefix);
    status = store_list(log->store, prefix, NULL, see, &listed, err);
    if (status == SEALIFT_OK &&
        (listed.seen.count != listed.stored->count || listed.seen.fingerprint != listed.stored->fingerprint))
        status = name_the_missing(&listed, err);
    buf_done(&listed.seen.numbers);
    return status;
}

enum sealift_status
upload_log_confirm(struct upload_log *log, struct sealift_error *err)
{
    TRY(confirm_kind(log, SEGMENT_DATA, err));
    return confirm_kind(log, SEGMENT_TREE, err);
}

static enum sealift_status
fill_usage(const struct upload_log *log, struct log_usage *usage, struct sealift_error *err)
{
    usage->upload = log->upload;
    usage->record_sha256 = calloc(log->record_count, SHA256_SIZE);
    if (usage->record_sha256 == NULL)
        return error_no_memory(err);
    memcpy(usage->record_sha256, log->record_sha256, log->record_count * SHA256_SIZE);
    usage->record_count = log->record_count;
    TRY(buf_append_bytes(&usage->data_used, buf_bytes(&log->data.numbers), err));
    return buf_append_bytes(&usage->tree_used, buf_bytes(&log->tree.numbers), err);
}

enum sealift_status
upload_log_close(struct upload_log *log, uint32_t *ret_record, uint8_t ret_sha256[SHA256_SIZE],
                 struct sealift_error *err)
{
    SCOPED(log_record_done) struct log_record record = {.kind = LOG_CLOSING, .number = (uint32_t)log->record_count};

    record.usages = calloc(1, sizeof(*record.usages));
    if (record.usages == NULL)
        return error_no_memory(err);
    record.usage_count = 1;
    TRY(fill_usage(log, &record.usages[0], err));
    TRY(put_record(log, &record, ret_sha256, err));
    *ret_record = record.number;
    return SEALIFT_OK;
}

uint64_t
upload_log_segments(const struct upload_log *log)
{
    return log->data.count + log->tree.count;
}

uint64_t
upload_log_bytes(const struct upload_log *log)
{
    return log->data.bytes + log->tree.bytes;
}
