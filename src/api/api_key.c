/* Which key of the KMS a filesystem's keys are wrapped with. */
#include "error.h"
#include "fs_at_rest.h"
#include "key_moves.h"
#include "own_key_spec.h"
#include "scoped.h"

struct finder {
    struct sealift *sealift;
    const struct own_key *own;
};

static enum sealift_status
find_target(void *context, const struct table_fs *row, struct key_move *move, struct sealift_error *err)
{
    const struct finder *finder = context;

    (void)row;
    return handle_own_kms(finder->sealift, finder->own, &move->target, err);
}

/* Where the keys go is tried there before anything is written: rewrap() wraps, and opens again, first. */
static enum sealift_status
move(struct key_moves *moves, const struct table_fs *row, const struct own_key *own, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf json = {0};
    struct finder finder = {moves->sealift, own};
    struct key_move to = {.row = row, .alone = true, .find_target = find_target, .finder = &finder};

    TRY(own_key_to_json(own, &json, err));
    TRY(buf_text(&json, &to.own_key, err));
    TRY(find_target(&finder, row, &to, err));
    TRY(key_moves_one(moves, &to, err));
    if (moves->failed == 0)
        return SEALIFT_OK;
    return error_set(err, moves->first.status, "%s", moves->first.message);
}

enum sealift_status
sealift_fs_move_key(struct sealift *sealift, const char *name, const struct sealift_own_key_spec *own_spec,
                    sealift_each_rewrapped *each, void *context, struct sealift_error *err)
{
    SCOPED(key_moves_done) struct key_moves moves = {.sealift = sealift, .each = each, .context = context};
    struct own_key own;
    struct table_fs row;

    TRY(handle_need(name, "the filesystem's name", err));
    TRY(own_key_spec_read(own_spec, &own, err));
    TRY(handle_need_table(sealift, err));
    TRY(table_fs_get(sealift->table, name, &row, err));
    TRY(fs_at_rest_check_complete(&row, err));
    if (move(&moves, &row, &own, err) != SEALIFT_OK)
        return error_prefix(err, "filesystem %s keeps the key that it has", row.name);
    return SEALIFT_OK;
}
