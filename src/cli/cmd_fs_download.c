#include "cmd_fs_download.h"

#include "cli.h"
#include "cli_scoped.h"
#include "commands.h"
#include "failure.h"
#include "obs_options.h"
#include "own_key_options.h"
#include "transfer_options.h"

struct fs_download {
    struct sealift_download_spec spec;
    const char *obs; /* --obs, instead of the argument */
};

const struct column cmd_fs_download_columns[] = {
    {"filesystem_id", "filesystem", COLUMN_CHARS, offsetof(struct sealift_download_result, id)},
    {"encrypted", "encrypted", COLUMN_FLAG, offsetof(struct sealift_download_result, encrypted)},
    {"entries", "entries", COLUMN_COUNT, offsetof(struct sealift_download_result, entries)},
    {"files", "files", COLUMN_COUNT, offsetof(struct sealift_download_result, files)},
    {"size", "size", COLUMN_BYTES, offsetof(struct sealift_download_result, size)},
    {"fetched", "fetched", COLUMN_BYTES, offsetof(struct sealift_download_result, fetched)},
    {"degraded", "degraded", COLUMN_COUNT, offsetof(struct sealift_download_result, degraded)},
    {"seconds", "time", COLUMN_SECONDS, offsetof(struct sealift_download_result, seconds)},
    {0},
};

static enum sealift_status
choose_obs(const struct fs_download *download, struct sealift_obs_spec *obs, struct sealift_error *err)
{
    if ((obs->url != NULL) == (download->obs != NULL))
        return failure_set(err, SEALIFT_INVALID,
                           "`sealift fs download` needs the store once: NAME PATH OBS LOCATOR, or NAME PATH LOCATOR "
                           "--obs OBS");
    if (obs->url == NULL)
        obs->url = download->obs;
    return obs_options_check(obs, err);
}

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    const struct fs_download *download = values;
    struct sealift_download_spec spec = download->spec;
    struct sealift_download_result result = {0};
    struct sealift *sealift;
    enum sealift_status status;

    TRY(choose_obs(download, &spec.obs, err));
    TRY(cli_open(cli, &sealift, err));
    cli_watch(cli, &spec.transfer);
    status = sealift_fs_download(sealift, &spec, &result, err);
    console_finish(&cli->console);
    TRY(status);
    cli_show(cli, cmd_fs_download_columns, &result);
    return SEALIFT_OK;
}

static const struct option arguments[] = {
    {.name = "NAME",
     .type = OPTION_TEXT,
     .field = offsetof(struct fs_download, spec.name),
     .required = true,
     .help = "what the new filesystem will be called"},
    {.name = "PATH",
     .type = OPTION_FOLDER,
     .field = offsetof(struct fs_download, spec.path),
     .required = true,
     .help = "where it goes; it is made when it is not there, and must be empty"},
    {.name = "OBS",
     .type = OPTION_TEXT,
     .field = offsetof(struct fs_download, spec.obs.url),
     .help = "a name from `sealift obs`, or a URL: s3://BUCKET[/PREFIX], file:///FOLDER"},
    {.name = "LOCATOR",
     .type = OPTION_TEXT,
     .field = offsetof(struct fs_download, spec.locator),
     .required = true,
     .help = "of the snapshot: what the upload printed, and what `sealift obs snapshots` lists"},
    {0},
};

static const struct option options[] = {
    {.name = "obs",
     .type = OPTION_TEXT,
     .field = offsetof(struct fs_download, obs),
     .placeholder = "OBS",
     .help = "the store, when it does not stand before LOCATOR"},
    {.name = "snapshot-name",
     .type = OPTION_TEXT,
     .field = offsetof(struct fs_download, spec.snapshot_name),
     .placeholder = "SNAPSHOT",
     .help = "list the snapshot among the new filesystem's, under this name: it can be looked into and verified by it"},
    {.name = "encrypted",
     .type = OPTION_FLAG,
     .field = offsetof(struct fs_download, spec.encrypted),
     .excludes = "allow-unencrypted",
     .help = "make PATH an encrypted directory also when the snapshot's filesystem was none"},
    {.name = "allow-unencrypted",
     .type = OPTION_FLAG,
     .field = offsetof(struct fs_download, spec.allow_unencrypted),
     .help = "bring a snapshot of an encrypted filesystem back IN THE CLEAR"},
    {.name = "allow-no-kms",
     .type = OPTION_FLAG,
     .field = offsetof(struct fs_download, spec.allow_no_kms),
     .help = "without a KMS, wrap the new filesystem's key with a key file in the home folder: INSECURE, for trials"},
    {.name = "no-key-backup",
     .type = OPTION_FLAG,
     .field = offsetof(struct fs_download, spec.no_key_backup),
     .help =
         "write nothing to the bucket, which may be read-only: when this table is lost, the new filesystem's key is "
         "lost"},
    {.name = "allow-degraded",
     .type = OPTION_FLAG,
     .field = offsetof(struct fs_download, spec.allow_degraded),
     .help = "tell attributes that cannot be set here (owners, ACLs, extended attributes) instead of failing"},
    {0},
};

const struct command cmd_fs_download = {
    .words = "fs download",
    .summary = "make a new filesystem of a snapshot",
    .description =
        "The snapshot's key is unwrapped once, through the KMS, to read; everything is decrypted and checked before it "
        "is written. What comes out is a new filesystem: its own id, and its own fresh key, wrapped by this cluster's "
        "KMS. It remembers the snapshot that it came from.\n\n"
        "With --kms-key-identifier the new filesystem has a key of its own at the KMS, another tenant's, say: the "
        "snapshot's key is unwrapped in the one namespace, the new one wrapped in the other.\n\n"
        "A snapshot of a filesystem that was encrypted at rest comes back encrypted: PATH becomes an encrypted "
        "directory under a new key before anything is written. Where that cannot be had, because of the kind of "
        "file system or because PATH is not empty, the command says what to do and writes nothing.\n\n"
        "The machine needs the bucket and the KMS, and nothing of the cluster that made the snapshot. Nothing is ever "
        "written outside PATH.",
    .examples = "sealift fs download home2 /srv/home2 dr LOCATOR\n"
                "sealift fs download home2 /srv/home2 s3://bucket/prefix LOCATOR --endpoint https://s3.example.com\n"
                "sealift fs download home2 /srv/home2 dr LOCATOR --snapshot-name base --kms-namespace b "
                "--kms-key-identifier KEY",
    .interrupted = "No filesystem was added. To try again, remove PATH (what is in it is enough, where it is not "
                   "encrypted) and run the same command.",
    .arguments = arguments,
    .groups = {{options, 0},
               {own_key_options, offsetof(struct fs_download, spec.own_key)},
               {obs_access_options, offsetof(struct fs_download, spec.obs)},
               {transfer_options, offsetof(struct fs_download, spec.transfer)}},
    .size = sizeof(struct fs_download),
    .run = run,
};
