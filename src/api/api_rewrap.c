#include "bucket_filesystems.h"
#include "error.h"
#include "key_moves.h"
#include "kms_change.h"
#include "kms_lock.h"
#include "local_key_end.h"
#include "newest_versions.h"
#include "obs.h"
#include "own_key.h"
#include "scoped.h"

#include <stdio.h>
#include <string.h>

#define GO_ON  "what was rewrapped stays so, and the rest opens as before: give the same command again to go on"
#define MOVING KMS_CHANGE_KEPT ": give the same command again to go on"

struct rewrapping {
    struct sealift *sealift;
    const struct sealift_rewrap_spec *spec;
    struct key_moves moves;
    struct newest_versions newest;
    struct kms *new_kms; /* of a dry run: at the key that would become the cluster's */

    struct store *store; /* with an object store: its filesystems, ... */
    struct uuid only;    /* ... or this one of them */
};

static void
rewrapping_done(struct rewrapping *rewrapping)
{
    key_moves_done(&rewrapping->moves);
    newest_versions_done(&rewrapping->newest);
    store_free(&rewrapping->store);
}

/* All are done, and with them a move that was cut off, if there was one: what it leaves behind is given
 * up here, too. */
static enum sealift_status
end(struct rewrapping *rewrapping, struct sealift_error *err)
{
    struct sealift *sealift = rewrapping->sealift;
    struct kms_move move;

    TRY(kms_move_find(sealift, &move, err));
    TRY(key_moves_end(&rewrapping->moves, move.moving > 0 ? MOVING : GO_ON, err));
    if (rewrapping->spec->dry_run)
        return SEALIFT_OK;
    TRY(table_kms_moved(sealift->table, err));
    TRY(local_key_end(sealift, false, err));
    handle_forget_kms(sealift); /* with what it has of a former one */
    return SEALIFT_OK;
}

/* --- filesystems of the table --- */

static enum sealift_status
find_target(void *finder, const struct table_fs *row, struct key_move *move, struct sealift_error *err)
{
    struct rewrapping *rewrapping = finder;

    if (rewrapping->spec->convert)
        TRY(handle_kms(rewrapping->sealift, false, &move->target, err));
    else
        TRY(handle_fs_kms(rewrapping->sealift, row, false, &move->target, err));
    return newest_versions_find(&rewrapping->newest, move->target, &row->uuid, &move->least_version, err);
}

static enum sealift_status
rewrap_row(struct rewrapping *rewrapping, const struct table_fs *row, struct sealift_error *err)
{
    const struct key_move move = {
        .row = row,
        .own_key = rewrapping->spec->convert ? "" : NULL,
        .find_target = find_target,
        .finder = rewrapping,
    };

    return key_moves_one(&rewrapping->moves, &move, err);
}

static enum sealift_status
rewrap_in_turn(void *context, const struct table_fs *row, struct sealift_error *err)
{
    return rewrap_row(context, row, err);
}

static bool
is_to_rewrap(const void *context, const struct table_fs *row)
{
    const struct rewrapping *rewrapping = context;

    return row->own_key[0] == '\0' || row->moving || rewrapping->spec->all || rewrapping->spec->convert;
}

static enum sealift_status
rewrap_rows(struct rewrapping *rewrapping, struct sealift_error *err)
{
    TRY(table_fs_in_turn(rewrapping->sealift->table, is_to_rewrap, rewrap_in_turn, rewrapping, err));
    return end(rewrapping, err);
}

/* --- filesystems of a bucket --- */

/* The table's own, where this is the bucket that it has for it. */
static enum sealift_status
find_row(struct rewrapping *rewrapping, const struct uuid *fs, struct table_fs *ret_row, bool *ret_known,
         struct sealift_error *err)
{
    SCOPED(store_free) struct store *store = NULL;
    enum sealift_status status = table_fs_get_by_uuid(rewrapping->sealift->table, fs, ret_row, err);
    const struct sealift_obs_spec obs = {.url = ret_row->obs};

    *ret_known = false;
    if (status == SEALIFT_NOT_FOUND)
        return SEALIFT_OK;
    TRY(status);
    if (ret_row->obs[0] == '\0')
        return SEALIFT_OK;
    TRY(handle_open_obs(rewrapping->sealift, &obs, &store, err));
    *ret_known = strcmp(store->url, rewrapping->store->url) == 0;
    return SEALIFT_OK;
}

static enum sealift_status
rewrap_in_bucket(struct rewrapping *rewrapping, const struct uuid *fs, struct sealift_error *err)
{
    struct key_move_in_bucket move = {.fs = *fs, .store = rewrapping->store};

    TRY(handle_kms(rewrapping->sealift, false, &move.target, err));
    TRY(newest_versions_find(&rewrapping->newest, move.target, fs, &move.least_version, err));
    return key_moves_in_bucket(&rewrapping->moves, &move, err);
}

static enum sealift_status
rewrap_folder(void *context, const char *folder, struct sealift_error *err)
{
    struct rewrapping *rewrapping = context;
    struct table_fs row;
    struct uuid fs;
    bool known;

    if (!uuid_parse(folder, &fs))
        return SEALIFT_OK;
    if (!uuid_is_zero(&rewrapping->only) && !uuid_equal(&rewrapping->only, &fs))
        return SEALIFT_OK;
    TRY(find_row(rewrapping, &fs, &row, &known, err));
    return known ? rewrap_row(rewrapping, &row, err) : rewrap_in_bucket(rewrapping, &fs, err);
}

static enum sealift_status
rewrap_bucket(struct rewrapping *rewrapping, struct sealift_error *err)
{
    const struct sealift_rewrap_spec *spec = rewrapping->spec;

    if (spec->fs_id != NULL && !uuid_parse(spec->fs_id, &rewrapping->only))
        return error_set(err, SEALIFT_INVALID, "\"%s\" is no filesystem's UUID", spec->fs_id);
    TRY(handle_open_obs(rewrapping->sealift, &spec->obs, &rewrapping->store, err));
    TRY(obs_check_mark(rewrapping->store, err));
    if (spec->fs_id != NULL)
        TRY(bucket_filesystems_need(rewrapping->store, &rewrapping->only, err));
    TRY(store_list_folders(rewrapping->store, NAME_FS, rewrap_folder, rewrapping, err));
    return end(rewrapping, err);
}

/* --- one filesystem --- */

/* Of a filesystem with its own key at a KMIP server: that key becomes another one. */
struct new_uid {
    struct rewrapping *rewrapping;
    struct buf json;
};

static void
new_uid_done(struct new_uid *new_uid)
{
    buf_done(&new_uid->json);
}

static enum sealift_status
find_new_uid(void *finder, const struct table_fs *row, struct key_move *move, struct sealift_error *err)
{
    struct new_uid *new_uid = finder;
    struct rewrapping *rewrapping = new_uid->rewrapping;
    struct own_key own;

    TRY(own_key_from_json(bytes_of_text(row->own_key), &own, err));
    if (own.key[0] == '\0')
        return error_set(err, SEALIFT_INVALID,
                         "filesystem %s is under the cluster key: \"sealift kms rewrap --new-key-uid\" moves all that "
                         "are, \"sealift fs update %s --kms-key-identifier\" gives it a key of its own",
                         row->name, row->name);
    if (strlen(rewrapping->spec->new_key_uid) >= sizeof(own.key))
        return error_set(err, SEALIFT_INVALID, "the new key's unique identifier is longer than %zu bytes",
                         sizeof(own.key) - 1);
    snprintf(own.key, sizeof(own.key), "%s", rewrapping->spec->new_key_uid);
    buf_clear(&new_uid->json);
    TRY(own_key_to_json(&own, &new_uid->json, err));
    TRY(buf_text(&new_uid->json, &move->own_key, err));
    return handle_own_kms(rewrapping->sealift, &own, &move->target, err);
}

/* What is wrong with the target is the only thing to be told then. */
static enum sealift_status
move_one(struct rewrapping *rewrapping, struct key_move *move, struct sealift_error *err)
{
    TRY(move->find_target(move->finder, move->row, move, err));
    TRY(key_moves_one(&rewrapping->moves, move, err));
    return key_moves_end(&rewrapping->moves, GO_ON, err);
}

static enum sealift_status
rewrap_one(struct rewrapping *rewrapping, enum kms_type type, struct sealift_error *err)
{
    SCOPED(new_uid_done) struct new_uid new_uid = {rewrapping, {0}};
    struct table_fs row;
    struct key_move move = {.row = &row, .alone = true, .find_target = find_target, .finder = rewrapping};

    TRY(table_fs_get(rewrapping->sealift->table, rewrapping->spec->fs, &row, err));
    if (type != KMS_KMIP)
        return move_one(rewrapping, &move, err);
    if (rewrapping->spec->new_key_uid == NULL)
        return error_set(err, SEALIFT_INVALID,
                         "a KMIP key has no versions, so there is no newer one: make a new key on the server, and name "
                         "it with --new-key-uid");
    move.find_target = find_new_uid;
    move.finder = &new_uid;
    return move_one(rewrapping, &move, err);
}

/* --- another key of the cluster's --- */

/* As kms_change() would. */
static bool
is_to_move(const void *context, const struct table_fs *row)
{
    const struct rewrapping *rewrapping = context;

    return row->own_key[0] == '\0' || rewrapping->spec->convert;
}

static enum sealift_status
try_new_uid(void *context, const struct table_fs *row, struct sealift_error *err)
{
    struct rewrapping *rewrapping = context;
    const struct key_move move = {.row = row, .target = rewrapping->new_kms};

    return key_moves_one(&rewrapping->moves, &move, err);
}

static enum sealift_status
dry_run_of_new_uid(struct rewrapping *rewrapping, const struct kms_config *config, struct sealift_error *err)
{
    struct kms_routes *routes;

    TRY(handle_routes(rewrapping->sealift, &routes, err));
    TRY(kms_routes_add(routes, KMS_ROLE_OWN, config, err));
    TRY(kms_routes_get(routes, config, &rewrapping->new_kms, err));
    TRY(table_fs_in_turn(rewrapping->sealift->table, is_to_move, try_new_uid, rewrapping, err));
    return key_moves_end(&rewrapping->moves, GO_ON, err);
}

static enum sealift_status
change_uid(struct rewrapping *rewrapping, const struct kms_config *before, struct sealift_error *err)
{
    const struct sealift_rewrap_spec *spec = rewrapping->spec;
    const struct sealift_kms_change wish = {
        .convert = spec->convert, .each = rewrapping->moves.each, .context = rewrapping->moves.context};
    struct kms_config config = *before;
    const struct kms_change change = {.config = &config, .wish = &wish};

    if (strlen(spec->new_key_uid) >= sizeof(config.key))
        return error_set(err, SEALIFT_INVALID, "the new key's unique identifier is longer than %zu bytes",
                         sizeof(config.key) - 1);
    snprintf(config.key, sizeof(config.key), "%s", spec->new_key_uid);
    TRY(kms_config_check(&config, err));
    if (spec->dry_run)
        return dry_run_of_new_uid(rewrapping, &config, err);
    TRY(kms_change_try(rewrapping->sealift, &config, &wish, err));
    return kms_change(rewrapping->sealift, &change, err);
}

/* --- what is asked for --- */

static enum sealift_status
check_spec(const struct sealift_rewrap_spec *spec, struct sealift_error *err)
{
    const bool in_bucket = spec->obs.url != NULL;

    if ((spec->fs != NULL) + in_bucket + (spec->all || spec->convert) > 1)
        return error_set(err, SEALIFT_INVALID,
                         "one filesystem, all of the table, and those of an object store exclude each other");
    if (spec->fs_id != NULL && !in_bucket)
        return error_set(err, SEALIFT_INVALID, "a filesystem's UUID needs the object store that it is in (--obs)");
    if (spec->new_key_uid != NULL && (in_bucket || spec->new_key_uid[0] == '\0'))
        return error_set(err, SEALIFT_INVALID,
                         in_bucket ? "filesystems of an object store move to the cluster key: give the cluster another "
                                     "one first (\"sealift kms rewrap --new-key-uid\")"
                                   : "the new key's unique identifier is missing");
    return SEALIFT_OK;
}

/* KMIP keys have no versions: without another key there is something to do only for what is not there yet, and for the
 * end of a move. */
static enum sealift_status
check_something_to_do(struct rewrapping *rewrapping, const struct kms_config *config, struct sealift_error *err)
{
    const struct sealift_rewrap_spec *spec = rewrapping->spec;
    struct kms_move move;

    if (config->type == KMS_VAULT && spec->new_key_uid != NULL)
        return error_set(err, SEALIFT_INVALID,
                         "--new-key-uid is for KMIP, whose keys have no versions: rotate the key in Vault (vault write "
                         "-f TRANSIT/keys/KEY/rotate), then rewrap without it; for another key, \"sealift kms set "
                         "vault\"");
    if (config->type != KMS_KMIP || spec->convert || spec->obs.url != NULL || spec->fs != NULL)
        return SEALIFT_OK;
    TRY(kms_move_find(rewrapping->sealift, &move, err));
    if (move.former_type != NULL)
        return SEALIFT_OK;
    return error_set(err, SEALIFT_INVALID,
                     "a KMIP key has no versions, so there is no newer one: make a new key on the server, and name it "
                     "with --new-key-uid");
}

static enum sealift_status
read_config(struct sealift *sealift, struct kms_config *ret_config, struct sealift_error *err)
{
    enum sealift_status status = handle_cluster_config(sealift, ret_config, err);

    if (status == SEALIFT_NOT_FOUND)
        return error_set(err, SEALIFT_INVALID,
                         "no KMS is set, and the local key has no versions: set one with \"sealift kms set vault\" or "
                         "\"sealift kms set kmip\", which moves all filesystems there");
    return status;
}

enum sealift_status
sealift_kms_rewrap(struct sealift *sealift, const struct sealift_rewrap_spec *spec, sealift_each_rewrapped *each,
                   void *context, struct sealift_error *err)
{
    SCOPED(rewrapping_done)
    struct rewrapping rewrapping = {
        .sealift = sealift,
        .spec = spec,
        .moves = {.sealift = sealift, .each = each, .context = context, .dry_run = spec->dry_run},
    };
    SCOPED(fd_done) int lock = -1;
    struct kms_config config;

    TRY(check_spec(spec, err));
    TRY(handle_need_table(sealift, err));
    TRY(read_config(sealift, &config, err));
    if (spec->new_key_uid == NULL || config.type != KMS_KMIP)
        TRY(check_something_to_do(&rewrapping, &config, err));
    if (spec->fs != NULL)
        return rewrap_one(&rewrapping, config.type, err);
    if (spec->new_key_uid != NULL)
        return change_uid(&rewrapping, &config, err);
    TRY(kms_lock_take(sealift->home, &lock, err));
    handle_forget_kms(sealift); /* which KMS is in force stays as it is from here on */
    return spec->obs.url != NULL ? rewrap_bucket(&rewrapping, err) : rewrap_rows(&rewrapping, err);
}
