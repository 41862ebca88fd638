#include "cmd_snapshot_verify.h"

#include "cli.h"
#include "cli_scoped.h"
#include "commands.h"
#include "failure.h"
#include "obs_options.h"
#include "snapshot_choice.h"
#include "transfer_options.h"

struct snapshot_verify {
    struct sealift_verify_spec spec;
    bool keys, objects, read, data;
};

struct verified {
    const char *kind;
    struct sealift_verify_result result;
};

const struct column cmd_snapshot_verify_keys_columns[] = {
    {"locator", "locator", COLUMN_CHARS, offsetof(struct verified, result.locator)},
    {"kind", "verified", COLUMN_TEXT, offsetof(struct verified, kind)},
    {"envelopes", "wrappings that open", COLUMN_COUNT, offsetof(struct verified, result.envelopes)},
    {"seconds", "time", COLUMN_SECONDS, offsetof(struct verified, result.seconds)},
    {0},
};
const struct column cmd_snapshot_verify_objects_columns[] = {
    {"locator", "locator", COLUMN_CHARS, offsetof(struct verified, result.locator)},
    {"kind", "verified", COLUMN_TEXT, offsetof(struct verified, kind)},
    {"objects", "objects", COLUMN_COUNT, offsetof(struct verified, result.objects)},
    {"bytes", "their size", COLUMN_BYTES, offsetof(struct verified, result.bytes)},
    {"by_checksum", "by checksum", COLUMN_COUNT, offsetof(struct verified, result.by_checksum)},
    {"seconds", "time", COLUMN_SECONDS, offsetof(struct verified, result.seconds)},
    {0},
};
const struct column cmd_snapshot_verify_read_columns[] = {
    {"locator", "locator", COLUMN_CHARS, offsetof(struct verified, result.locator)},
    {"kind", "verified", COLUMN_TEXT, offsetof(struct verified, kind)},
    {"objects", "objects", COLUMN_COUNT, offsetof(struct verified, result.objects)},
    {"bytes", "hashed", COLUMN_BYTES, offsetof(struct verified, result.bytes)},
    {"seconds", "time", COLUMN_SECONDS, offsetof(struct verified, result.seconds)},
    {0},
};
const struct column cmd_snapshot_verify_data_columns[] = {
    {"locator", "locator", COLUMN_CHARS, offsetof(struct verified, result.locator)},
    {"kind", "verified", COLUMN_TEXT, offsetof(struct verified, kind)},
    {"objects", "objects", COLUMN_COUNT, offsetof(struct verified, result.objects)},
    {"entries", "entries", COLUMN_COUNT, offsetof(struct verified, result.entries)},
    {"chunks", "chunks", COLUMN_COUNT, offsetof(struct verified, result.chunks)},
    {"bytes", "compared", COLUMN_BYTES, offsetof(struct verified, result.bytes)},
    {"seconds", "time", COLUMN_SECONDS, offsetof(struct verified, result.seconds)},
    {0},
};

static const struct {
    const char *name;
    const struct column *columns;
} kinds[] = {
    [SEALIFT_VERIFY_KEYS] = {"keys", cmd_snapshot_verify_keys_columns},
    [SEALIFT_VERIFY_OBJECTS] = {"objects", cmd_snapshot_verify_objects_columns},
    [SEALIFT_VERIFY_READ] = {"read", cmd_snapshot_verify_read_columns},
    [SEALIFT_VERIFY_DATA] = {"data", cmd_snapshot_verify_data_columns},
};

static enum sealift_status
choose_kind(const struct snapshot_verify *verify, enum sealift_verify_kind *ret_kind, struct sealift_error *err)
{
    if (!verify->keys && !verify->objects && !verify->data)
        return failure_set(err, SEALIFT_INVALID,
                           "say what to verify:\n"
                           "  --keys      the wrapped key opens through the KMS; reads no data, takes a second\n"
                           "  --objects   every object is in the store, with its size and checksum; needs no key\n"
                           "  --data      everything decrypts and is what the tree says; reads all of it");
    if (verify->keys)
        *ret_kind = SEALIFT_VERIFY_KEYS;
    else if (verify->data)
        *ret_kind = SEALIFT_VERIFY_DATA;
    else
        *ret_kind = verify->read ? SEALIFT_VERIFY_READ : SEALIFT_VERIFY_OBJECTS;
    return SEALIFT_OK;
}

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    const struct snapshot_verify *verify = values;
    struct sealift_verify_spec spec = verify->spec;
    struct verified verified = {0};
    struct sealift *sealift;
    enum sealift_status status;

    TRY(choose_kind(verify, &spec.kind, err));
    TRY(snapshot_choice(&spec.fs, &spec.snapshot, &spec.locator, &spec.obs, err));
    TRY(cli_open(cli, &sealift, err));
    cli_watch(cli, &spec.transfer);
    status = sealift_snapshot_verify(sealift, &spec, &verified.result, err);
    console_finish(&cli->console);
    TRY(status);
    verified.kind = kinds[spec.kind].name;
    cli_show(cli, kinds[spec.kind].columns, &verified);
    return SEALIFT_OK;
}

static const struct option arguments[] = {
    {.name = "FS",
     .type = OPTION_TEXT,
     .field = offsetof(struct snapshot_verify, spec.fs),
     .help = "name of the filesystem"},
    {.name = "SNAPSHOT",
     .type = OPTION_TEXT,
     .field = offsetof(struct snapshot_verify, spec.snapshot),
     .required = true,
     .help = "name of the snapshot; or, without FS and with --obs, a locator"},
    {0},
};

static const struct option options[] = {
    {.name = "keys",
     .type = OPTION_FLAG,
     .field = offsetof(struct snapshot_verify, keys),
     .excludes = "objects data",
     .help = "the wrapped key opens through the KMS, key check value and HMAC agree; no data is read"},
    {.name = "objects",
     .type = OPTION_FLAG,
     .field = offsetof(struct snapshot_verify, objects),
     .excludes = "data",
     .help = "every object is there, with its size and the checksum that the store keeps; no key is needed"},
    {.name = "read",
     .type = OPTION_FLAG,
     .field = offsetof(struct snapshot_verify, read),
     .needs = "objects",
     .help = "by reading and hashing every object, for stores that keep no checksum; no key is needed"},
    {.name = "data",
     .type = OPTION_FLAG,
     .field = offsetof(struct snapshot_verify, data),
     .help = "everything decrypts, and every chunk is what the tree says: a restore without writing"},
    {.name = "obs",
     .type = OPTION_TEXT,
     .field = offsetof(struct snapshot_verify, spec.obs.url),
     .placeholder = "OBS",
     .help = "where the locator is: a name from `sealift obs`, or a URL"},
    {0},
};

const struct command cmd_snapshot_verify = {
    .words = "fs snapshot verify",
    .summary = "verify an uploaded snapshot",
    .description =
        "One of --keys, --objects and --data says how deep. Exit code 0 means that all is well; otherwise the "
        "error names the first object that is not, and notices name the others.\n\n"
        "With a locator and --obs neither the filesystem nor the snapshot need to be known here.",
    .examples = "sealift fs snapshot verify home monday --keys\n"
                "sealift fs snapshot verify home monday --objects --read\n"
                "sealift fs snapshot verify LOCATOR --obs s3://bucket/prefix --data",
    .interrupted = "Nothing was changed. The same command begins the verification again.",
    .arguments = arguments,
    .groups = {{options, 0},
               {obs_access_options, offsetof(struct snapshot_verify, spec.obs)},
               {transfer_options, offsetof(struct snapshot_verify, spec.transfer)}},
    .size = sizeof(struct snapshot_verify),
    .run = run,
};
