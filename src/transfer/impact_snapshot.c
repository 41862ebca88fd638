#include "error.h"
#include "impact_look.h"
#include "manifest_fetch.h"
#include "scoped.h"

#include <stdio.h>
#include <string.h>

struct snapshot_look {
    const struct impact_look *shared;
    const struct survey_item *item;
    struct impact_finding *finding;
    struct buf text;
    struct manifest manifest;
    bool was_parsed;
    const struct impact_key *key; /* held */
    const struct proof *own;      /* held */
};

static void
snapshot_look_done(struct snapshot_look *look)
{
    impact_release_proof(look->shared, look->own);
    impact_release_key(look->shared, look->key);
    manifest_done(&look->manifest);
    buf_done(&look->text);
}

static enum sealift_status
read_names(struct snapshot_look *look, const struct secret *fs_key, struct sealift_error *err)
{
    struct private_part names;

    TRY(manifest_private(&look->manifest, fs_key, &names, err));
    memcpy(look->finding->filesystem, names.filesystem, sizeof(look->finding->filesystem));
    memcpy(look->finding->snapshot, names.snapshot, sizeof(look->finding->snapshot));
    return SEALIFT_OK;
}

/* Which FS key a manifest needs is as little authenticated as all else, until its HMAC is: who alters that would have
 * it judged by a key that it does not need. */
static enum sealift_status
authenticate(struct snapshot_look *look, struct sealift_error *err)
{
    const struct secret *fs_key = look->key->fs_key != NULL ? look->key->fs_key : look->own->fs_key;

    if (fs_key == NULL)
        return SEALIFT_OK;
    TRY(manifest_authenticate(&look->manifest, fs_key, err));
    return read_names(look, fs_key, err);
}

static enum sealift_status
judge_snapshot(struct snapshot_look *look, struct sealift_error *err)
{
    struct impact_finding *finding = look->finding;
    const struct manifest *manifest = &look->manifest;

    finding->has_key_check = true;
    memcpy(finding->key_check, manifest->key_check, sizeof(finding->key_check));
    TRY(impact_hold_key(look->shared, look->item, manifest->key_check, &look->key, err));
    TRY(impact_hold_proof(look->shared, &manifest->envelope, &manifest->upload, &look->own, err));
    finding->tally = look->key->tally;
    impact_tally_add(&finding->tally, look->own, IMPACT_MANIFEST, NULL);
    TRY(authenticate(look, err));
    finding->verdict = impact_tally_judge(&finding->tally);
    return SEALIFT_OK;
}

static enum sealift_status
look_at_manifest(struct snapshot_look *look, struct sealift_error *err)
{
    const struct locator locator = {look->item->fs, look->item->upload};
    enum sealift_status status = manifest_read(look->item->store, &locator, &look->text, &look->manifest, err);

    look->finding->fetched = look->text.len;
    TRY(status);
    look->was_parsed = true;
    return judge_snapshot(look, err);
}

/* "survives: fs/.../keys/....json opens, by key b" */
static void
write_finding(const struct snapshot_look *look, char *out, size_t size)
{
    const struct impact_tally *tally = &look->finding->tally;
    const char *verdict = impact_verdict_name(look->finding->verdict);
    char name[NAME_SIZE] = "its own wrapping";

    if (tally->opened == IMPACT_RECORD)
        name_of_key_record(&look->item->fs, look->finding->key_check, &tally->record, name);
    if (tally->opened == IMPACT_NOTHING || look->finding->problem.status != SEALIFT_OK)
        snprintf(out, size, "%s", verdict);
    else
        snprintf(out, size, "%s: %s opens, by key %s", verdict, name, tally->by.key_identifier);
}

static enum sealift_status
write_snapshot(const struct snapshot_look *look, struct sealift_error *err)
{
    struct evidence *evidence = look->shared->request->evidence;
    struct evidence_object object = {.kind = EVIDENCE_MANIFEST, .fs = look->item->fs, .upload = look->item->upload};
    char finding[NAME_SIZE + 512];

    if (evidence == NULL)
        return SEALIFT_OK;
    name_of_manifest(&object.fs, &object.upload, object.name);
    object.was_read = look->text.len > 0;
    object.size = object.was_read ? look->text.len : look->item->size;
    TRY(sha256(buf_bytes(&look->text), object.sha256, err));
    object.was_parsed = look->was_parsed;
    object.made_ns = look->manifest.published_ns;
    memcpy(object.key_check, look->manifest.key_check, sizeof(object.key_check));
    object.problem = look->finding->problem;
    write_finding(look, finding, sizeof(finding));
    TRY(evidence_add(evidence, &object, finding, err));
    if (look->own == NULL)
        return SEALIFT_OK;
    return impact_write_wrapping(look->shared, object.name, &look->manifest.envelope, look->own, err);
}

enum sealift_status
impact_look_at_snapshot(const struct impact_look *shared, const struct survey_item *item,
                        struct impact_finding *finding, struct sealift_error *err)
{
    SCOPED(snapshot_look_done)
    struct snapshot_look look = {
        .shared = shared, .item = item, .finding = finding, .text = {.max = MANIFEST_MAX_SIZE + 1}};

    if (look_at_manifest(&look, err) != SEALIFT_OK) {
        if (impact_ends_all(shared, err))
            return err->status;
        finding->problem = *err; /* and it remains unknown */
    }
    return write_snapshot(&look, err);
}
