#include "kms_change.h"

#include "error.h"
#include "key_moves.h"
#include "kms_lock.h"
#include "local_key_end.h"
#include "own_keys_check.h"
#include "scoped.h"

#include <string.h>

#define GO_ON   KMS_CHANGE_KEPT ": give the same command again to go on"
#define GO_BACK GO_ON ", or \"sealift kms set\" that KMS again to go back"

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

struct moving {
    const struct kms_change *change;
    struct key_moves moves;
};

static void
moving_done(struct moving *moving)
{
    key_moves_done(&moving->moves);
}

static bool
is_to_move(const void *context, const struct table_fs *row)
{
    const struct moving *moving = context;

    return row->moving || (moving->change->wish->convert && row->own_key[0] != '\0');
}

static enum sealift_status
find_target(void *context, const struct table_fs *row, struct key_move *move, struct sealift_error *err)
{
    const struct moving *moving = context;
    const struct kms_change *change = moving->change;

    if (change->wish->convert)
        return handle_kms(moving->moves.sealift, change->config == NULL, &move->target, err);
    return handle_fs_kms(moving->moves.sealift, row, change->config == NULL, &move->target, err);
}

static enum sealift_status
move_fs(void *context, const struct table_fs *row, struct sealift_error *err)
{
    struct moving *moving = context;
    const struct key_move move = {
        .row = row,
        .own_key = moving->change->wish->convert ? "" : NULL,
        .find_target = find_target,
        .finder = moving,
    };

    return key_moves_one(&moving->moves, &move, err);
}

static enum sealift_status
move_all(struct sealift *sealift, const struct kms_change *change, struct sealift_error *err)
{
    SCOPED(moving_done)
    struct moving moving = {
        .change = change,
        .moves = {.sealift = sealift, .each = change->wish->each, .context = change->wish->context},
    };

    TRY(table_fs_in_turn(sealift->table, is_to_move, move_fs, &moving, err));
    return key_moves_end(&moving.moves, change->config != NULL ? GO_ON : GO_BACK, err);
}

static enum sealift_status
note_moving(void *context, const struct table_fs *row, struct sealift_error *err)
{
    (void)err;
    *(bool *)context |= row->moving;
    return SEALIFT_OK;
}

static enum sealift_status
tell_unmoved(struct sealift *sealift, struct sealift_error *err)
{
    bool moving = false;

    TRY(table_fs_list(sealift->table, note_moving, &moving, err));
    if (moving)
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
