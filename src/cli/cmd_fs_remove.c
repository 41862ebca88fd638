#include "cmd_fs_remove.h"

#include "cli.h"
#include "cli_scoped.h"
#include "commands.h"
#include "obs_options.h"
#include "quantity.h"
#include "removal_view.h"
#include "transfer_options.h"

#include <inttypes.h>
#include <string.h>

struct fs_remove {
    struct sealift_fs_remove_spec spec;
};

const struct column cmd_fs_remove_columns[] = {
    {"filesystem", "removed", COLUMN_CHARS, offsetof(struct sealift_fs_removal, filesystem)},
    {"filesystem_id", "id", COLUMN_CHARS, offsetof(struct sealift_fs_removal, id)},
    {"forgotten", "forgotten", COLUMN_FLAG, offsetof(struct sealift_fs_removal, forgotten)},
    {"snapshots", "snapshots", COLUMN_COUNT, offsetof(struct sealift_fs_removal, snapshots)},
    {"obs", "bucket", COLUMN_CHARS, offsetof(struct sealift_fs_removal, obs)},
    {"key_record", NULL, COLUMN_TEXT, offsetof(struct sealift_fs_removal, key_record)},
    {"versioning", NULL, COLUMN_TEXT, offsetof(struct sealift_fs_removal, versioning)},
    {"object_lock", NULL, COLUMN_TEXT, offsetof(struct sealift_fs_removal, object_lock)},
    {"manifests", NULL, COLUMN_COUNT, offsetof(struct sealift_fs_removal, manifests.objects)},
    {"manifests_bytes", NULL, COLUMN_BYTES, offsetof(struct sealift_fs_removal, manifests.bytes)},
    {"manifests_refused", NULL, COLUMN_COUNT, offsetof(struct sealift_fs_removal, manifests.refused)},
    {"logs", NULL, COLUMN_COUNT, offsetof(struct sealift_fs_removal, logs.objects)},
    {"logs_bytes", NULL, COLUMN_BYTES, offsetof(struct sealift_fs_removal, logs.bytes)},
    {"logs_refused", NULL, COLUMN_COUNT, offsetof(struct sealift_fs_removal, logs.refused)},
    {"tree", NULL, COLUMN_COUNT, offsetof(struct sealift_fs_removal, tree.objects)},
    {"tree_bytes", NULL, COLUMN_BYTES, offsetof(struct sealift_fs_removal, tree.bytes)},
    {"tree_refused", NULL, COLUMN_COUNT, offsetof(struct sealift_fs_removal, tree.refused)},
    {"data", NULL, COLUMN_COUNT, offsetof(struct sealift_fs_removal, data.objects)},
    {"data_bytes", NULL, COLUMN_BYTES, offsetof(struct sealift_fs_removal, data.bytes)},
    {"data_refused", NULL, COLUMN_COUNT, offsetof(struct sealift_fs_removal, data.refused)},
    {"condemned", NULL, COLUMN_COUNT, offsetof(struct sealift_fs_removal, condemned.objects)},
    {"condemned_bytes", NULL, COLUMN_BYTES, offsetof(struct sealift_fs_removal, condemned.bytes)},
    {"condemned_refused", NULL, COLUMN_COUNT, offsetof(struct sealift_fs_removal, condemned.refused)},
    {"other", NULL, COLUMN_COUNT, offsetof(struct sealift_fs_removal, other.objects)},
    {"other_bytes", NULL, COLUMN_BYTES, offsetof(struct sealift_fs_removal, other.bytes)},
    {"other_refused", NULL, COLUMN_COUNT, offsetof(struct sealift_fs_removal, other.refused)},
    {"keys", NULL, COLUMN_COUNT, offsetof(struct sealift_fs_removal, keys.objects)},
    {"keys_bytes", NULL, COLUMN_BYTES, offsetof(struct sealift_fs_removal, keys.bytes)},
    {"keys_refused", NULL, COLUMN_COUNT, offsetof(struct sealift_fs_removal, keys.refused)},
    {0},
};

const struct column cmd_fs_remove_removed_columns[] = {
    {"kind", "object", COLUMN_TEXT, offsetof(struct sealift_removed, kind)},
    {"name", NULL, COLUMN_TEXT, offsetof(struct sealift_removed, name)},
    {"locator", "locator", COLUMN_TEXT, offsetof(struct sealift_removed, locator)},
    {"size", "size", COLUMN_BYTES, offsetof(struct sealift_removed, size)},
    {"sha256", NULL, COLUMN_TEXT, offsetof(struct sealift_removed, sha256)},
    {"made", "made", COLUMN_TIME, offsetof(struct sealift_removed, made_ns)},
    {"key_check", NULL, COLUMN_TEXT, offsetof(struct sealift_removed, key_check)},
    {"outcome", "outcome", COLUMN_TEXT, offsetof(struct sealift_removed, outcome)},
    {"problem", "remark", COLUMN_TEXT, offsetof(struct sealift_removed, problem)},
    {0},
};

static enum sealift_status
add_row(void *context, const struct sealift_removed *removed, struct sealift_error *err)
{
    return listing_add(context, removed, err);
}

/* Most of it is data, which the listing has not; also when the store refused the rest. */
static void
say_how_much(struct cli *cli, const struct sealift_fs_removal *removal)
{
    const struct sealift_removed_count *const counts[] = {
        &removal->manifests, &removal->logs,  &removal->tree, &removal->data,
        &removal->condemned, &removal->other, &removal->keys,
    };
    char size[QUANTITY_TEXT];
    uint64_t objects = 0, bytes = 0;

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        objects += counts[i]->objects;
        bytes += counts[i]->bytes;
    }
    quantity_write_bytes(bytes, size);
    console_say(&cli->console, "%" PRIu64 " object%s deleted in the bucket, %s.", objects, objects == 1 ? "" : "s",
                size);
}

/* How it is got back, or that it is not. */
static void
say_what_stays(struct cli *cli, const struct sealift_fs_remove_spec *spec, const struct sealift_fs_removal *removal)
{
    if (spec->purge)
        removal_view_say_versions(cli, removal->versioning, removal->object_lock);
    else if (removal->key_record != NULL && strcmp(removal->key_record, "no") != 0)
        console_say(&cli->console,
                    "Forgotten. Its directory and the bucket stay as they are; \"sealift cluster recover\" brings it "
                    "back from the bucket.");
    else
        console_say(&cli->console, "Forgotten, with its key. Its directory stays as it is.");
}

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    const struct fs_remove *remove = values;
    struct sealift_fs_remove_spec spec = remove->spec;
    struct sealift_fs_removal removal = {0};
    SCOPED(listing_done)
    struct listing listing = {.out = cli->out, .json = cli->json, .columns = cmd_fs_remove_removed_columns};
    struct sealift *sealift;
    enum sealift_status status;

    TRY(obs_options_check(&spec.obs, err));
    TRY(cli_open(cli, &sealift, err));
    cli_watch(cli, &spec.transfer);
    removal_view_begin(cli);
    status = sealift_fs_remove(sealift, &spec, add_row, &listing, &removal, err);
    console_finish(&cli->console);
    removal_view_end(cli, &listing, cmd_fs_remove_columns, status == SEALIFT_OK || cli->json ? &removal : NULL);
    if (spec.purge && removal.id[0] != '\0')
        say_how_much(cli, &removal);
    TRY(status);
    say_what_stays(cli, &spec, &removal);
    return SEALIFT_OK;
}

static const struct option arguments[] = {
    {.name = "NAME",
     .type = OPTION_TEXT,
     .field = offsetof(struct fs_remove, spec.name),
     .required = true,
     .help = "of the filesystem; with --obs its UUID"},
    {0},
};

static const struct option options[] = {
    {.name = "purge-from-obs",
     .type = OPTION_FLAG,
     .field = offsetof(struct fs_remove, spec.purge),
     .help = "delete all of its objects in the bucket: every snapshot, and its keys"},
    {.name = "allow-key-loss",
     .type = OPTION_FLAG,
     .field = offsetof(struct fs_remove, spec.allow_key_loss),
     .help = "also when nobody will ever read again what is encrypted under its key"},
    {.name = "obs",
     .type = OPTION_TEXT,
     .field = offsetof(struct fs_remove, spec.obs.url),
     .placeholder = "OBS",
     .needs = "purge-from-obs",
     .help = "purge one that only this bucket knows: a name from `sealift obs`, or a URL"},
    {.name = "evidence",
     .type = OPTION_FILE,
     .field = offsetof(struct fs_remove, spec.evidence),
     .placeholder = "FILE",
     .needs = "purge-from-obs",
     .help = "write down what is deleted: before, and what became of it behind; the file must not exist"},
    {0},
};

const struct command cmd_fs_remove = {
    .words = "fs remove",
    .summary = "forget a filesystem, or delete it from the bucket, too",
    .description =
        "The table's row goes, with the wrapped key and the snapshots. The directory stays as it is, and so does the "
        "bucket: `sealift cluster recover` brings the filesystem back. No key is needed, nor the KMS, nor the "
        "store.\n\n"
        "With --purge-from-obs all of its objects are deleted first: manifests before all others, so that no snapshot "
        "seems to exist whose data is gone, key records last, then the row. Each manifest is listed with its SHA-256. "
        "What the store does not delete is told and counted, and the exit code says why; the same command goes on "
        "later, also after an interruption. In a bucket that keeps versions everything stays there as old versions, "
        "with Object Lock until the retention ends.\n\n"
        "A directory that is encrypted and unlocked is to be locked first. Where the last copy of the key goes that an "
        "encrypted directory or an uploaded snapshot needs, --allow-key-loss is needed: a filesystem that was added "
        "with --no-key-backup, or an encrypted one that is purged.",
    .examples = "sealift fs remove home\n"
                "sealift fs remove home --purge-from-obs --evidence /root/home-purged.jsonl\n"
                "sealift fs remove FS-UUID --purge-from-obs --obs s3://bucket/prefix",
    .interrupted = "What was deleted is gone. The same command goes on; with --evidence name another FILE.",
    .arguments = arguments,
    .groups = {{options, 0},
               {obs_access_options, offsetof(struct fs_remove, spec.obs)},
               {transfer_options, offsetof(struct fs_remove, spec.transfer)}},
    .size = sizeof(struct fs_remove),
    .run = run,
};
