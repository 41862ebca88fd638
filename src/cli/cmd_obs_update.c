#include "cli_scoped.h"
#include "commands.h"
#include "obs_options.h"
#include "obs_view.h"

struct obs_update {
    const char *name;
    struct sealift_obs_spec spec;
    const char *reset;
    bool no_check;
};

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    const struct obs_update *update = values;
    struct sealift_obs_spec spec = update->spec;
    struct sealift *sealift;

    if (update->reset != NULL)
        TRY(obs_options_reset(update->reset, &spec, err));
    TRY(cli_open(cli, &sealift, err));
    TRY(sealift_obs_update(sealift, update->name, &spec, update->no_check, err));
    return obs_view_show(cli, update->name, err);
}

static const struct option arguments[] = {
    {.name = "NAME",
     .type = OPTION_TEXT,
     .field = offsetof(struct obs_update, name),
     .required = true,
     .help = "of the store"},
    {0},
};

static const struct option options[] = {
    {.name = "url",
     .type = OPTION_TEXT,
     .field = offsetof(struct obs_update, spec.url),
     .placeholder = "URL",
     .help = "where it is now: s3://BUCKET[/PREFIX], or file:///FOLDER"},
    {.name = "reset",
     .type = OPTION_TEXT,
     .field = offsetof(struct obs_update, reset),
     .placeholder = "OPTION[,OPTION...]",
     .help = "take these options back, by their names, as if they had never been given: endpoint,profile (lock-mode "
             "takes lock-for with it, sse its key)"},
    {.name = "no-check",
     .type = OPTION_FLAG,
     .field = offsetof(struct obs_update, no_check),
     .help = "store the change without proving it"},
    {0},
};

const struct command cmd_obs_update = {
    .words = "obs update",
    .summary = "change how an object store is reached, or prove it again",
    .description = "What an option names is changed, all else stays. Then the store is proven as by `sealift obs add`; "
                   "without any option it is only proven again, which is useful after its server was upgraded.",
    .examples = "sealift obs update dr --endpoint https://s3-new.example.com\n"
                "sealift obs update dr --reset profile,storage-class\n"
                "sealift obs update dr",
    .arguments = arguments,
    .groups = {{obs_access_options, offsetof(struct obs_update, spec)},
               {obs_write_options, offsetof(struct obs_update, spec)},
               {options, 0}},
    .size = sizeof(struct obs_update),
    .run = run,
};
