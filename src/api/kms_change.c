#include "kms_change.h"

#include "error.h"
#include "key_moves.h"
#include "kms_lock.h"
#include "local_key_end.h"
#include "own_keys_check.h"
#include "scoped.h"

#include <string.h>

#define GO_ON                                                                                                          \
    "what has moved stays so, and what has not opens through the KMS before, which is kept, and needed, until then: "  \
    "give the same command again to go on"

/* --- the table --- */

/* Nothing but how it is logged in to, or trusted, is another: what wraps is the same. */
static enum sealift_status
is_the_same(struct sealift *sealift, const struct kms_config *config, bool *ret_same, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};
    struct kms_config before;
    struct kms_hint place, place_before;
    enum sealift_status status = table_kms_get(sealift->table, &text, err);

    *ret_same = false;
    if (status == SEALIFT_NOT_FOUND || config == NULL)
        return SEALIFT_OK;
    TRY(status);
    TRY(kms_config_from_json(buf_bytes(&text), &before, err));
    kms_config_place(config, &place);
    kms_config_place(&before, &place_before);
    *ret_same = strcmp(config->address, before.address) == 0 && kms_is_place_of(&place, &place_before);
    return SEALIFT_OK;
}

static enum sealift_status
put_in_force(struct sealift *sealift, const struct kms_config *config, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};
    const char *json = NULL;
    bool same;

    TRY(is_the_same(sealift, config, &same, err));
    if (config != NULL) {
        TRY(kms_config_to_json(config, &text, err));
        TRY(buf_text(&text, &json, err));
    }
    TRY(table_kms_replace(sealift->table, json, !same, err));
    handle_forget_kms(sealift);
    return SEALIFT_OK;
}

/* --- the filesystems --- */

struct list {
    bool convert;
    struct buf fs; /* struct uuid, of those that are to be moved */
};

static void
list_done(struct list *list)
{
    buf_done(&list->fs);
}

static enum sealift_status
list_fs(void *context, const struct table_fs *row, struct sealift_error *err)
{
    struct list *list = context;

    if (!row->moving && !(list->convert && row->own_key[0] != '\0'))
        return SEALIFT_OK;
    return buf_append(&list->fs, &row->uuid, sizeof(row->uuid), err);
}

struct finder {
    struct sealift *sealift;
    const struct kms_change *change;
};

static enum sealift_status
find_target(void *context, const struct table_fs *row, struct key_move *move, struct sealift_error *err)
{
    const struct finder *finder = context;
    const struct kms_change *change = finder->change;

    if (change->wish->convert)
        return handle_kms(finder->sealift, change->config == NULL, &move->target, err);
    return handle_fs_kms(finder->sealift, row, change->config == NULL, &move->target, err);
}

static enum sealift_status
move_fs(struct key_moves *moves, const struct kms_change *change, const struct uuid *fs, struct sealift_error *err)
{
    struct finder finder = {moves->sealift, change};
    struct key_move move = {
        .own_key = change->wish->convert ? "" : NULL, .find_target = find_target, .finder = &finder};
    struct table_fs row;
    enum sealift_status status = table_fs_get_by_uuid(moves->sealift->table, fs, &row, err);

    if (status == SEALIFT_NOT_FOUND) /* removed meanwhile */
        return SEALIFT_OK;
    TRY(status);
    move.row = &row;
    return key_moves_one(moves, &move, err);
}

static enum sealift_status
move_all(struct sealift *sealift, const struct kms_change *change, struct sealift_error *err)
{
    SCOPED(key_moves_done)
    struct key_moves moves = {.sealift = sealift, .each = change->wish->each, .context = change->wish->context};
    SCOPED(list_done) struct list list = {.convert = change->wish->convert};
    const struct uuid *fs;

    TRY(table_fs_list(sealift->table, list_fs, &list, err));
    fs = (const void *)list.fs.data;
    for (size_t i = 0; i < list.fs.len / sizeof(*fs); i++)
        TRY(move_fs(&moves, change, &fs[i], err));
    return key_moves_end(&moves, GO_ON, err);
}

static enum sealift_status
tell_unmoved(struct sealift *sealift, struct sealift_error *err)
{
    SCOPED(list_done) struct list list = {0};

    TRY(table_fs_list(sealift->table, list_fs, &list, err));
    if (list.fs.len > 0)
        world_log(
            &sealift->world, LOG_WARNING,
            "the KMS is stored untried, and no filesystem has moved to it: the one before is kept until \"sealift "
            "kms rewrap\", or the same command without --no-check, has moved them");
    return SEALIFT_OK;
}

/* --- all of it --- */

enum sealift_status
kms_change_try(struct sealift *sealift, struct kms_config *config, const struct sealift_kms_change *wish,
               struct sealift_error *err)
{
    SCOPED(kms_free) struct kms *kms = NULL;

    if (wish->no_check)
        return SEALIFT_OK;
    TRY(kms_open(&sealift->world, config, sealift->home, &kms, err));
    TRY(handle_outfit_kms(sealift, kms, err));
    TRY(kms_try(kms, err));
    kms_learned(kms, config);
    return SEALIFT_OK;
}

static enum sealift_status
end(struct sealift *sealift, const struct kms_change *change, struct sealift_error *err)
{
    TRY(table_kms_moved(sealift->table, err));
    if (change->config != NULL && !change->wish->no_check)
        TRY(local_key_end(sealift, change->wish->destroy_local_key, err));
    handle_forget_kms(sealift); /* with what it has of the former one */
    return SEALIFT_OK;
}

enum sealift_status
kms_change(struct sealift *sealift, const struct kms_change *change, struct sealift_error *err)
{
    SCOPED(fd_done) int lock = -1;

    TRY(kms_lock_take(sealift->home, &lock, err));
    if (change->config != NULL && !change->wish->convert)
        TRY(own_keys_check(sealift, change->config, change->wish->no_check, err));
    TRY(put_in_force(sealift, change->config, err));
    TRY(change->wish->no_check ? tell_unmoved(sealift, err) : move_all(sealift, change, err));
    return end(sealift, change, err);
}
