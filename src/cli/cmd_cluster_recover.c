#include "cmd_cluster_recover.h"

#include "cli.h"
#include "cli_scoped.h"
#include "commands.h"
#include "listing.h"
#include "obs_options.h"
#include "own_key_options.h"

#include <sealift/recover.h>

struct cluster_recover {
    struct sealift_recover_spec spec;
};

const struct column cmd_cluster_recover_columns[] = {
    {"filesystem", "filesystem", COLUMN_TEXT, offsetof(struct sealift_recovered, name)},
    {"outcome", "outcome", COLUMN_TEXT, offsetof(struct sealift_recovered, outcome)},
    {"path", "path", COLUMN_TEXT, offsetof(struct sealift_recovered, path)},
    {"encrypted", "encrypted", COLUMN_FLAG, offsetof(struct sealift_recovered, encrypted)},
    {"kms_type", NULL, COLUMN_TEXT, offsetof(struct sealift_recovered, kms_type)},
    {"kms_namespace", "namespace", COLUMN_TEXT, offsetof(struct sealift_recovered, kms_namespace)},
    {"kms_mount", NULL, COLUMN_TEXT, offsetof(struct sealift_recovered, kms_mount)},
    {"kms_key_identifier", "key", COLUMN_TEXT, offsetof(struct sealift_recovered, kms_key_identifier)},
    {"own_key", "own key", COLUMN_FLAG, offsetof(struct sealift_recovered, own_key)},
    {"snapshots", "snapshots", COLUMN_COUNT, offsetof(struct sealift_recovered, snapshots)},
    {"passed_over", "passed over", COLUMN_COUNT, offsetof(struct sealift_recovered, passed_over)},
    {"sequence", NULL, COLUMN_COUNT, offsetof(struct sealift_recovered, sequence)},
    {"filesystem_id", "id", COLUMN_TEXT, offsetof(struct sealift_recovered, id)},
    {"problem", "problem", COLUMN_TEXT, offsetof(struct sealift_recovered, problem)},
    {"advice", "to do", COLUMN_TEXT, offsetof(struct sealift_recovered, advice)},
    {0},
};

static enum sealift_status
add_row(void *context, const struct sealift_recovered *recovered, struct sealift_error *err)
{
    return listing_add(context, recovered, err);
}

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    SCOPED(listing_done)
    struct listing listing = {.out = cli->out, .json = cli->json, .columns = cmd_cluster_recover_columns};
    const struct cluster_recover *recover = values;
    struct sealift *sealift;
    enum sealift_status status;

    TRY(obs_options_check(&recover->spec.obs, err));
    TRY(cli_open(cli, &sealift, err));
    status = sealift_cluster_recover(sealift, &recover->spec, add_row, &listing, err);
    listing_end(&listing);
    if (status == SEALIFT_OK && listing.rows == 0)
        console_say(&cli->console, "The bucket holds no filesystem.");
    return status;
}

static const struct option arguments[] = {
    {.name = "OBS",
     .type = OPTION_TEXT,
     .field = offsetof(struct cluster_recover, spec.obs.url),
     .required = true,
     .help = "a name from `sealift obs`, or a URL, which becomes one"},
    {0},
};

static const struct option options[] = {
    {.name = "fs",
     .type = OPTION_TEXT,
     .field = offsetof(struct cluster_recover, spec.fs_id),
     .placeholder = "UUID",
     .help = "only this filesystem"},
    {.name = "new-name",
     .type = OPTION_TEXT,
     .field = offsetof(struct cluster_recover, spec.new_name),
     .placeholder = "NAME",
     .needs = "fs",
     .help = "what it is called from now on (without it: as before)"},
    {.name = "path",
     .type = OPTION_FOLDER,
     .field = offsetof(struct cluster_recover, spec.path),
     .placeholder = "PATH",
     .needs = "fs",
     .help = "the directory that it is from now on (without it: as before); it need not exist yet"},
    {.name = "obs-name",
     .type = OPTION_TEXT,
     .field = offsetof(struct cluster_recover, spec.obs_name),
     .placeholder = "NAME",
     .help = "with a URL: what the store is called (without it: as the URL's last part)"},
    {.name = "skip-unopened",
     .type = OPTION_FLAG,
     .field = offsetof(struct cluster_recover, spec.skip_unopened),
     .help = "go on with the newest key of a filesystem that opens, although there is a newer one that does not: the "
             "next snapshot is sealed under the older key"},
    {.name = "dry-run",
     .type = OPTION_FLAG,
     .field = offsetof(struct cluster_recover, spec.dry_run),
     .help = "only say what would come back: everything is read and opened, and nothing written"},
    {0},
};

const struct command cmd_cluster_recover = {
    .words = "cluster recover",
    .summary = "get a lost configuration table back from a bucket",
    .description =
        "The table is gone, or this is a new machine; the bucket and the KMS are there. Set the KMS first. Then "
        "filesystems come back as they were, also those that were never uploaded, with their wrapped keys and their "
        "snapshots: `sealift fs unlock` opens what is left on disks, and the next snapshot of each goes on where the "
        "last one ended.\n\n"
        "Only what is authentic comes: each key is shown to open, each manifest to be sealed with it; what is not is "
        "told and passed over. What the table knows already stays as it is, except that it gets the snapshots that it "
        "misses, so the command may be given again, also after it was killed. Nothing is written to the bucket.\n\n"
        "A filesystem whose key does not open here waits: its line names the namespace and the key, and the command "
        "that brings it. One that opens by an older wrapping alone, while a newer one names a key out of reach, comes "
        "back under the older key; its line says so, and has the command that moves it. --kms-key-identifier and its "
        "kin are for such: a key that a filesystem had of its own, with its credential. Where another one has the name "
        "or the path, --fs with --new-name and --path brings it.\n\n"
        "Not in any bucket, and so gone with the table: other object stores, snapshots that were not uploaded yet, "
        "where a filesystem was once downloaded from.",
    .examples = "sealift cluster recover dr --dry-run\n"
                "sealift cluster recover s3://bucket/prefix --obs-name dr\n"
                "sealift cluster recover dr --fs UUID --kms-key-identifier K --kms-namespace team/a --kms-role-id R "
                "--kms-secret-id-file F",
    .interrupted = "Filesystems that were listed are back. The same command goes on.",
    .arguments = arguments,
    .groups = {{options, 0},
               {own_key_options, offsetof(struct cluster_recover, spec.own_key)},
               {obs_access_options, offsetof(struct cluster_recover, spec.obs)}},
    .size = sizeof(struct cluster_recover),
    .run = run,
};
