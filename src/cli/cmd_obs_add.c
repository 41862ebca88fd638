#include "cli_scoped.h"
#include "commands.h"
#include "obs_options.h"
#include "obs_view.h"

struct obs_add {
    const char *name;
    struct sealift_obs_spec spec;
    bool no_check;
};

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    const struct obs_add *add = values;
    struct sealift *sealift;

    TRY(cli_open(cli, &sealift, err));
    TRY(sealift_obs_add(sealift, add->name, &add->spec, add->no_check, err));
    return obs_view_show(cli, add->name, err);
}

static const struct option arguments[] = {
    {.name = "NAME",
     .type = OPTION_TEXT,
     .field = offsetof(struct obs_add, name),
     .required = true,
     .help = "what the store will be called here"},
    {.name = "URL",
     .type = OPTION_TEXT,
     .field = offsetof(struct obs_add, spec.url),
     .required = true,
     .help = "s3://BUCKET[/PREFIX], or file:///FOLDER"},
    {0},
};

static const struct option options[] = {
    {.name = "no-check",
     .type = OPTION_FLAG,
     .field = offsetof(struct obs_add, no_check),
     .help = "store it without proving it; what it can do stays unknown"},
    {0},
};

const struct command cmd_obs_add = {
    .words = "obs add",
    .summary = "add an object store",
    .description =
        "The store is proven before it is added: a probe object is written, listed, read back and deleted, and it is "
        "found out what the store can do. A delete that is refused is a finding, not an error: sealift never needs to "
        "delete in order to upload. The bucket must exist.\n\n"
        "Credentials for S3 are found as the AWS tools find them: environment variables, the shared files with their "
        "profiles, web identity, container, instance metadata. The table keeps no credential.",
    .examples = "sealift obs add dr s3://bucket/prefix --endpoint https://s3.example.com --region us-east-1\n"
                "sealift obs add vault s3://locked --lock-mode compliance --lock-for 30d\n"
                "sealift obs add local file:///srv/dr",
    .arguments = arguments,
    .groups = {{obs_access_options, offsetof(struct obs_add, spec)},
               {obs_write_options, offsetof(struct obs_add, spec)},
               {options, 0}},
    .size = sizeof(struct obs_add),
    .run = run,
};
