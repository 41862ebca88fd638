#include "error.h"
#include "impact_look.h"
#include "memo_name.h"
#include "scoped.h"

#include <stdio.h>
#include <string.h>

struct records_search {
    const struct impact_look *look;
    struct store *store;
    const struct uuid *fs;
    const uint8_t *key_check;
    bool for_evidence; /* when the key itself is looked at, and not each snapshot under it */
    struct impact_key *key;
};

static enum sealift_status
write_record(const struct records_search *search, const char *name, const struct buf *text,
             const struct key_record *record, const struct sealift_error *failure, struct sealift_error *err)
{
    struct evidence_object object = {.kind = EVIDENCE_KEY_RECORD, .fs = *search->fs, .size = text->len};

    if (!search->for_evidence || search->look->request->evidence == NULL)
        return SEALIFT_OK;
    snprintf(object.name, sizeof(object.name), "%s", name);
    object.was_read = text->len > 0;
    TRY(sha256(buf_bytes(text), object.sha256, err));
    object.was_parsed = failure == NULL;
    if (failure == NULL) {
        object.made_ns = record->created_ns;
        memcpy(object.key_check, record->envelope.key_check, sizeof(object.key_check));
    } else {
        object.problem = *failure;
    }
    return evidence_add(search->look->request->evidence, &object, NULL, err);
}

static enum sealift_status
add_parsed(const struct records_search *search, const char *name, const struct key_record *record,
           struct sealift_error *err)
{
    const struct proof *proof;
    enum sealift_status status = SEALIFT_OK;

    TRY(impact_hold_proof(search->look, &record->envelope, NULL, &proof, err));
    impact_tally_add(&search->key->tally, proof, IMPACT_RECORD, &record->record);
    if (proof->opens && search->key->fs_key == NULL)
        status = secret_copy(secret_bytes(proof->fs_key), &search->key->fs_key, err);
    if (status == SEALIFT_OK && search->for_evidence)
        status = impact_write_wrapping(search->look, name, &record->envelope, proof, err);
    impact_release_proof(search->look, proof);
    return status;
}

static enum sealift_status
add_record(void *context, const struct store_object *object, struct sealift_error *err)
{
    const struct records_search *search = context;
    SCOPED(key_record_done) struct key_record record = {0};
    SCOPED(buf_done) struct buf text = {0};
    uint8_t key_check[KEY_CHECK_SIZE];
    struct sealift_error failure;
    struct uuid fs, uuid;

    TRY(world_check_cancel(search->look->request->world, err));
    if (!name_parse_key_record(object->name, &fs, key_check, &uuid))
        return SEALIFT_OK;
    if (key_record_read(search->store, &fs, key_check, &uuid, &text, &record, &failure) == SEALIFT_OK) {
        TRY(write_record(search, object->name, &text, &record, NULL, err));
        return add_parsed(search, object->name, &record, err);
    }
    if (error_ends_all(failure.status)) {
        *err = failure;
        return err->status;
    }
    impact_tally_add_unread(&search->key->tally, &failure);
    return write_record(search, object->name, &text, NULL, &failure, err);
}

static enum sealift_status
add_records(struct records_search *search, struct sealift_error *err)
{
    char prefix[NAME_SIZE];

    name_of_key_records_of(search->fs, search->key_check, prefix);
    if (store_list(search->store, prefix, NULL, add_record, search, err) == SEALIFT_OK)
        return SEALIFT_OK;
    impact_tally_note_failure(&search->key->tally, err);
    return impact_ends_all(search->look, err) ? err->status : SEALIFT_OK;
}

static enum sealift_status
find_key(void *context, void *finding, struct sealift_error *err)
{
    struct records_search search = *(const struct records_search *)context;

    search.key = finding;
    return add_records(&search, err);
}

enum sealift_status
impact_hold_key(const struct impact_look *look, const struct survey_item *item, const uint8_t key_check[KEY_CHECK_SIZE],
                const struct impact_key **ret_key, struct sealift_error *err)
{
    struct records_search search = {.look = look, .store = item->store, .fs = &item->fs, .key_check = key_check};
    uint8_t name[SHA256_SIZE];
    const void *finding;

    TRY(memo_name_of_key(item->url, &item->fs, key_check, name, err));
    TRY(memo_hold(look->keys, name, find_key, &search, &finding, err));
    *ret_key = finding;
    return SEALIFT_OK;
}

void
impact_release_key(const struct impact_look *look, const struct impact_key *key)
{
    memo_release(look->keys, key);
}

enum sealift_status
impact_look_at_key(const struct impact_look *look, const struct survey_item *item, struct impact_finding *finding,
                   struct sealift_error *err)
{
    struct impact_key key = {0};
    struct records_search search = {
        .look = look,
        .store = item->store,
        .fs = &item->fs,
        .key_check = item->key_check,
        .for_evidence = true,
        .key = &key,
    };
    enum sealift_status status = add_records(&search, err);

    secret_free(&key.fs_key);
    TRY(status);
    finding->tally = key.tally;
    finding->verdict = impact_tally_judge_all(&finding->tally);
    return SEALIFT_OK;
}
