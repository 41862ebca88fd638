#include "bucket_filesystems.h"
#include "error.h"
#include "key_place.h"
#include "obs.h"
#include "own_key_spec.h"
#include "recovered_line.h"
#include "scoped.h"
#include "session.h"
#include "utf8.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many of those that did not come are named at the end. */
#define NAMED_MAX 8

struct recovering {
    struct sealift *sealift;
    const struct sealift_recover_spec *spec;
    sealift_each_recovered *each;
    void *context;

    struct session session;
    struct store *store;
    char obs[TABLE_NAME_MAX]; /* its row; empty: none yet, in a dry run */
    struct key_places places;
    char path[PATH_MAX]; /* the one that was given */
    struct buf found;    /* struct bucket_filesystem */
    struct buf promised; /* of a dry run: names and paths, each ended by NUL, that would be taken by now */

    uint64_t failed, seen;
    struct sealift_error first; /* of those that failed */
    struct buf names;           /* theirs, a few */
};

static void
recovering_done(struct recovering *recovering)
{
    session_end(&recovering->session);
    store_free(&recovering->store);
    key_places_done(&recovering->places);
    buf_done(&recovering->found);
    buf_done(&recovering->promised);
    buf_done(&recovering->names);
}

/* --- the store --- */

struct by_url {
    const struct sealift_obs_spec *obs;
    const char *wanted; /* of several the one that is called so; NULL: any */
    char name[TABLE_NAME_MAX];
};

/* Two servers may have a bucket of one name. */
static enum sealift_status
is_store(const struct sealift_obs_spec *obs, const struct table_obs *row, bool *ret_is, struct sealift_error *err)
{
    SCOPED(obs_options_free) struct obs_options *options = NULL;
    struct sealift_obs_spec of_row;

    *ret_is = strcmp(row->url, obs->url) == 0;
    if (!*ret_is || obs->endpoint == NULL)
        return SEALIFT_OK;
    TRY(obs_options_from_json(bytes_of_text(row->options), &options, &of_row, err));
    *ret_is = of_row.endpoint != NULL && strcmp(of_row.endpoint, obs->endpoint) == 0;
    return SEALIFT_OK;
}

static enum sealift_status
match_url(void *context, const struct table_obs *row, struct sealift_error *err)
{
    struct by_url *by = context;
    bool is;

    TRY(is_store(by->obs, row, &is, err));
    if (is && (by->name[0] == '\0' || (by->wanted != NULL && strcmp(row->name, by->wanted) == 0)))
        memcpy(by->name, row->name, sizeof(by->name));
    return SEALIFT_OK;
}

/* The last part of the URL that can be a name. */
static void
name_after_url(const char *url, char out[TABLE_NAME_MAX])
{
    size_t len = strlen(url), start;

    while (len > 0 && url[len - 1] == '/')
        len--;
    for (start = len; start > 0 && url[start - 1] != '/'; start--)
        continue;
    snprintf(out, TABLE_NAME_MAX, "%.*s", (int)(len - start), url + start);
}

/* Nothing is proven there: a bucket that may only be read will do. */
static enum sealift_status
add_store(struct recovering *recovering, struct sealift_error *err)
{
    const struct sealift_recover_spec *spec = recovering->spec;
    struct by_url by = {.obs = &spec->obs, .wanted = spec->obs_name};

    TRY(table_obs_list(recovering->sealift->table, match_url, &by, err));
    if (by.name[0] != '\0' && spec->obs_name != NULL && strcmp(by.name, spec->obs_name) != 0)
        return error_set(err, SEALIFT_CONFLICT,
                         "%s is in the table already, as object store %s: leave --obs-name out, or name the store in "
                         "place of its URL (\"sealift cluster recover %s\")",
                         spec->obs.url, by.name, by.name);
    if (by.name[0] == '\0' && !spec->dry_run) {
        if (spec->obs_name != NULL)
            snprintf(by.name, sizeof(by.name), "%s", spec->obs_name);
        else
            name_after_url(spec->obs.url, by.name);
        if (sealift_obs_add(recovering->sealift, by.name, &spec->obs, true, err) != SEALIFT_OK)
            return error_hint(err, "--obs-name gives the store another name");
    }
    memcpy(recovering->obs, by.name, sizeof(recovering->obs));
    return SEALIFT_OK;
}

static enum sealift_status
open_store(struct recovering *recovering, struct sealift_error *err)
{
    const struct sealift_obs_spec *obs = &recovering->spec->obs;
    enum sealift_status status;

    TRY(handle_need(obs->url, "the object store", err));
    status = handle_open_obs(recovering->sealift, obs, &recovering->store, err);
    if (status == SEALIFT_NOT_FOUND && strstr(obs->url, "://") == NULL)
        return error_hint(err, "\"sealift obs add %s URL\" adds it, and a URL may stand here instead", obs->url);
    TRY(status);
    TRY(obs_check_mark(recovering->store, err));
    if (strstr(obs->url, "://") != NULL)
        return add_store(recovering, err);
    snprintf(recovering->obs, sizeof(recovering->obs), "%s", obs->url);
    return SEALIFT_OK;
}

/* --- what is in it --- */

static enum sealift_status
find_filesystems(struct recovering *recovering, struct sealift_error *err)
{
    const char *id = recovering->spec->fs_id;
    struct uuid fs;

    if (id == NULL)
        return bucket_filesystems_list(recovering->store, NULL, &recovering->found, err);
    if (!uuid_parse(id, &fs))
        return error_set(err, SEALIFT_INVALID, "%s: is no UUID of a filesystem; \"sealift obs snapshots\" lists them",
                         id);
    TRY(bucket_filesystems_need(recovering->store, &fs, err));
    return bucket_filesystems_list(recovering->store, &fs, &recovering->found, err);
}

/* --- a filesystem --- */

static enum sealift_status
note_failure(struct recovering *recovering, const struct recovered_line *line, struct sealift_error *err)
{
    const char *name = line->recovered.name != NULL ? line->recovered.name : line->id;

    if (recovering->failed++ == 0)
        recovering->first = line->problem;
    if (recovering->failed > NAMED_MAX)
        return SEALIFT_OK;
    return buf_printf(&recovering->names, "%s%s", err, recovering->failed > 1 ? ", " : "", name);
}

/* --- its name and its path --- */

static enum sealift_status
rename_fs(const struct recovering *recovering, struct recovered_fs *fs, struct sealift_error *err)
{
    const struct sealift_recover_spec *spec = recovering->spec;

    if (spec->new_name != NULL) {
        TRY(table_check_name("filesystem", spec->new_name, err));
        memset(fs->row.name, 0, sizeof(fs->row.name));
        memcpy(fs->row.name, spec->new_name, strlen(spec->new_name));
    }
    if (spec->path != NULL)
        snprintf(fs->row.path, sizeof(fs->row.path), "%s", recovering->path);
    memcpy(fs->row.obs, recovering->obs, sizeof(fs->row.obs));
    return SEALIFT_OK;
}

static bool
is_promised(const struct recovering *recovering, const char *text)
{
    const struct buf *promised = &recovering->promised;

    for (size_t at = 0; at < promised->len; at += strlen((const char *)promised->data + at) + 1)
        if (strcmp((const char *)promised->data + at, text) == 0)
            return true;
    return false;
}

/* A dry run leaves nothing in the table that the next filesystem could run into. */
static enum sealift_status
promise(struct recovering *recovering, const struct table_fs *row, struct sealift_error *err)
{
    if (!recovering->spec->dry_run)
        return SEALIFT_OK;
    if (is_promised(recovering, row->name) || is_promised(recovering, row->path))
        return error_set(err, SEALIFT_CONFLICT, "another filesystem of this bucket has the name or the path already");
    TRY(buf_append(&recovering->promised, row->name, strlen(row->name) + 1, err));
    return buf_append(&recovering->promised, row->path, strlen(row->path) + 1, err);
}

/* --- bringing it back --- */

static enum sealift_status
check_known(const struct recovering *recovering, const struct recovered_fs *fs, struct sealift_error *err)
{
    const struct sealift_recover_spec *spec = recovering->spec;

    if (fs->row.incomplete)
        return error_set(err, SEALIFT_CONFLICT, "it is being made by another process, or its making was cut off");
    if ((spec->new_name != NULL && strcmp(spec->new_name, fs->row.name) != 0) ||
        (spec->path != NULL && strcmp(recovering->path, fs->row.path) != 0))
        return error_set(err, SEALIFT_CONFLICT,
                         "it is in the table already, as %s at %s, and stays so; \"sealift fs remove %s\" takes it out "
                         "of the table, and then it comes back as it is wanted",
                         fs->row.name, fs->row.path, fs->row.name);
    if (recovering->obs[0] != '\0' && strcmp(fs->row.obs, recovering->obs) != 0)
        return error_set(err, SEALIFT_CONFLICT, "the table has it in %s%s",
                         fs->row.obs[0] != '\0' ? "the object store " : "no object store", fs->row.obs);
    return SEALIFT_OK;
}

static enum sealift_status
settle_new(struct recovering *recovering, struct recovered_fs *fs, struct recovered_line *line,
           struct sealift_error *err)
{
    TRY(rename_fs(recovering, fs, err));
    TRY(key_places_own_key(&recovering->places, &fs->by, fs->row.own_key, &line->problem, err));
    TRY(table_fs_check_free(recovering->sealift->table, &fs->row, err));
    return promise(recovering, &fs->row, err);
}

/* The key of what the table knows is the table's; but who gives another one may believe that it comes with it. */
static enum sealift_status
look_for_given(struct recovering *recovering, const struct recovery *recovery, struct recovered_fs *fs,
               struct sealift_error *err)
{
    if (recovering->places.given.key[0] == '\0')
        return SEALIFT_OK;
    TRY(recovered_fs_compare(recovery, fs, err));
    if (!key_places_is_given(&recovering->places, &fs->moved))
        fs->moved = (struct kms_hint){0};
    return SEALIFT_OK;
}

static enum sealift_status
bring_back(struct recovering *recovering, const struct uuid *uuid, struct recovered_fs *fs, struct recovered_line *line,
           struct sealift_error *err)
{
    struct sealift *sealift = recovering->sealift;
    const struct recovery recovery = {
        .world = &sealift->world,
        .store = recovering->store,
        .routes = recovering->places.routes,
        .fs = *uuid,
        .threads = recovering->session.budget.connections,
        .meet = key_places_meet,
        .context = &recovering->places,
    };

    TRY(recovered_fs_gather(sealift, &recovery, recovering->spec->skip_unopened, fs, err));
    if (fs->is_known) {
        TRY(check_known(recovering, fs, err));
        TRY(look_for_given(recovering, &recovery, fs, err));
    } else {
        TRY(settle_new(recovering, fs, line, err));
    }
    return recovered_fs_store(sealift, fs, recovering->spec->dry_run, &line->recovered.snapshots, err);
}

static bool
ends_it(enum sealift_status status)
{
    return error_ends_trying(status) || status == SEALIFT_IO;
}

static enum sealift_status
do_filesystem(struct recovering *recovering, const struct uuid *uuid, struct sealift_error *err)
{
    const struct recovered_line_scene scene = {
        .obs = recovering->spec->obs.url,
        .home = recovering->sealift->home,
        .kms = &recovering->places.cluster,
        .dry_run = recovering->spec->dry_run,
    };
    SCOPED(recovered_fs_done) struct recovered_fs fs = {0};
    struct sealift_error failure;
    struct recovered_line line;
    enum sealift_status status;

    recovering->seen++;
    recovered_line_begin(&line, uuid);
    status = bring_back(recovering, uuid, &fs, &line, &failure);
    if (ends_it(status)) {
        *err = failure;
        return status;
    }
    if (status == SEALIFT_OK) {
        recovered_line_succeed(&line, &scene, &fs);
    } else {
        recovered_line_fail(&line, &scene, &fs, &failure);
        TRY(note_failure(recovering, &line, err));
    }
    return recovering->each(recovering->context, &line.recovered, err);
}

/* --- all of them --- */

static enum sealift_status
check_spec(struct recovering *recovering, struct sealift_error *err)
{
    const struct sealift_recover_spec *spec = recovering->spec;
    SCOPED(free_done) char *absolute = NULL;

    if (spec->obs_name != NULL && spec->obs.url != NULL && strstr(spec->obs.url, "://") == NULL)
        return error_set(err, SEALIFT_INVALID, "%s is the name of a store already: a name is for a URL", spec->obs.url);
    if (spec->fs_id == NULL && (spec->new_name != NULL || spec->path != NULL))
        return error_set(err, SEALIFT_INVALID, "a new name or path is for one filesystem: name it with --fs UUID");
    if (spec->path == NULL)
        return SEALIFT_OK;
    TRY(handle_absolute_path(spec->path, &absolute, err));
    if (realpath(absolute, recovering->path) == NULL) /* its disk may be mounted later */
        snprintf(recovering->path, sizeof(recovering->path), "%s", absolute);
    if (strlen(absolute) >= sizeof(recovering->path) || !utf8_is_valid(bytes_of_text(recovering->path)))
        return error_set(err, SEALIFT_INVALID, "%s: the path of a filesystem is UTF-8, of less than %zu bytes",
                         absolute, sizeof(recovering->path));
    return SEALIFT_OK;
}

static enum sealift_status
tell_end(struct recovering *recovering, struct sealift_error *err)
{
    const char *text;

    if (recovering->failed == 0)
        return SEALIFT_OK;
    TRY(buf_text(&recovering->names, &text, err));
    *err = recovering->first;
    return error_prefix(err, "%" PRIu64 " of %" PRIu64 " filesystems did not come back (%s%s)", recovering->failed,
                        recovering->seen, text, recovering->failed > NAMED_MAX ? ", ..." : "");
}

static enum sealift_status
recover(struct recovering *recovering, struct sealift_error *err)
{
    const struct sealift_transfer_options ordinary = {0};
    struct bucket_filesystem found;
    struct own_key given;

    TRY(check_spec(recovering, err));
    TRY(own_key_spec_read(&recovering->spec->own_key, &given, err));
    TRY(handle_need_table(recovering->sealift, err));
    TRY(key_places_begin(recovering->sealift, &given, &recovering->places, err));
    TRY(session_begin(recovering->sealift, &ordinary, 0, &recovering->session, err));
    TRY(open_store(recovering, err));
    TRY(find_filesystems(recovering, err));
    for (size_t at = 0; at < recovering->found.len; at += sizeof(found)) {
        memcpy(&found, recovering->found.data + at, sizeof(found));
        TRY(do_filesystem(recovering, &found.fs, err));
    }
    return tell_end(recovering, err);
}

enum sealift_status
sealift_cluster_recover(struct sealift *sealift, const struct sealift_recover_spec *spec, sealift_each_recovered *each,
                        void *context, struct sealift_error *err)
{
    SCOPED(recovering_done)
    struct recovering recovering = {.sealift = sealift, .spec = spec, .each = each, .context = context};

    return recover(&recovering, err);
}
