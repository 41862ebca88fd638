#include "handle.h"

#include "document.h"
#include "error.h"
#include "obs.h"
#include "scoped.h"
#include "utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum sealift_status
choose_home(const char *home, char **ret_home, struct sealift_error *err)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *user = getenv("HOME");

    if (home == NULL || home[0] == '\0')
        home = getenv("SEALIFT_HOME");
    if (home != NULL && home[0] != '\0')
        return text_copy(home, ret_home, err);
    if (geteuid() == 0)
        return text_copy("/var/lib/sealift", ret_home, err);
    if (state != NULL && state[0] == '/')
        return text_format(ret_home, "%s/sealift", err, state);
    if (user != NULL && user[0] == '/')
        return text_format(ret_home, "%s/.local/state/sealift", err, user);
    return error_set(err, SEALIFT_INVALID, "there is no home folder: set $SEALIFT_HOME");
}

static void
pass_on(struct logger *logger, enum log_level level, const char *line)
{
    struct sealift *sealift = (struct sealift *)(void *)((char *)logger - offsetof(struct sealift, logger));

    sealift->options.log(sealift->options.log_context, (enum sealift_log_level)level, line);
}

static void
make_world(struct sealift *sealift)
{
    sealift->logger = (struct logger){.threshold = (enum log_level)sealift->options.log_level, .write = pass_on};
    sealift->world = (struct world){
        .clock = &clock_system,
        .entropy = &entropy_system,
        .cancel = &sealift->cancel,
        .logger = sealift->options.log != NULL ? &sealift->logger : NULL,
    };
}

static enum sealift_status
keep_audit_options(const struct sealift_options *options, struct sealift *sealift, struct sealift_error *err)
{
    if (options->command != NULL)
        TRY(text_copy(options->command, &sealift->command, err));
    sealift->no_audit = options->audit_log != NULL && strcmp(options->audit_log, "none") == 0;
    if (options->audit_log == NULL || sealift->no_audit)
        return SEALIFT_OK;
    TRY(handle_need(options->audit_log, "the audit log's path", err));
    return handle_absolute_path(options->audit_log, &sealift->audit_path, err);
}

enum sealift_status
sealift_open(const struct sealift_options *options, struct sealift **ret_sealift, struct sealift_error *err)
{
    SCOPED(sealift_close) struct sealift *sealift = calloc(1, sizeof(*sealift));

    if (sealift == NULL)
        return error_no_memory(err);
    pthread_mutex_init(&sealift->kms_lock, NULL);
    if (options != NULL)
        sealift->options = *options;
    sealift->options.home = sealift->options.command = sealift->options.audit_log = NULL;
    make_world(sealift);
    TRY(secret_init(err));
    if (!secret_heap_is_locked())
        world_log(&sealift->world, LOG_WARNING,
                  "the memory for keys could not be locked (RLIMIT_MEMLOCK): it may be swapped out; raise the limit");
    TRY(choose_home(options != NULL ? options->home : NULL, &sealift->home, err));
    if (options != NULL)
        TRY(keep_audit_options(options, sealift, err));
    *ret_sealift = TAKE(sealift);
    return SEALIFT_OK;
}

void
sealift_close(struct sealift **sealift)
{
    if (*sealift == NULL)
        return;
    handle_forget_kms(*sealift);
    pthread_mutex_destroy(&(*sealift)->kms_lock);
    audit_free(&(*sealift)->audit);
    table_close(&(*sealift)->table);
    free((*sealift)->audit_path);
    free((*sealift)->command);
    free((*sealift)->home);
    free(*sealift);
    *sealift = NULL;
}

void
sealift_cancel(struct sealift *sealift)
{
    atomic_store(&sealift->cancel.asked, true);
}

const char *
sealift_version(void)
{
    return SEALIFT_VERSION;
}

int
sealift_format_version(void)
{
    return FORMAT_VERSION;
}

enum sealift_status
handle_need_table(struct sealift *sealift, struct sealift_error *err)
{
    if (sealift->table != NULL)
        return SEALIFT_OK;
    return table_open(&sealift->world, sealift->home, &sealift->table, err);
}

enum sealift_status
handle_need(const char *text, const char *what, struct sealift_error *err)
{
    if (text != NULL && text[0] != '\0')
        return SEALIFT_OK;
    return error_set(err, SEALIFT_INVALID, "%s is missing", what);
}

/* --- stores and paths --- */

static enum sealift_status
open_row(struct sealift *sealift, const char *name, struct store **ret_store, struct sealift_error *err)
{
    SCOPED(obs_options_free) struct obs_options *options = NULL;
    struct sealift_obs_spec spec;
    struct table_obs row;

    TRY(handle_need_table(sealift, err));
    TRY(table_obs_get(sealift->table, name, &row, err));
    TRY(obs_options_from_json(bytes_of_text(row.options), &options, &spec, err));
    spec.url = row.url;
    return obs_open(&sealift->world, &spec, false, ret_store, err);
}

enum sealift_status
handle_open_obs(struct sealift *sealift, const struct sealift_obs_spec *spec, struct store **ret_store,
                struct sealift_error *err)
{
    if (spec->url == NULL)
        return error_set(err, SEALIFT_INVALID, "no object store is named");
    if (strstr(spec->url, "://") != NULL)
        return obs_open(&sealift->world, spec, false, ret_store, err);
    if (!obs_spec_is_bare(spec))
        return error_set(
            err, SEALIFT_INVALID,
            "object store %s: its options are in the configuration table; \"sealift obs update\" changes them",
            spec->url);
    return open_row(sealift, spec->url, ret_store, err);
}

enum sealift_status
handle_absolute_path(const char *path, char **ret_path, struct sealift_error *err)
{
    SCOPED(free_done) char *here = NULL;

    if (path[0] == '/')
        return text_copy(path, ret_path, err);
    here = getcwd(NULL, 0);
    if (here == NULL)
        return error_errno(err, errno, "the current directory cannot be found");
    return text_format(ret_path, "%s/%s", err, here, path);
}

enum sealift_status
handle_directory(const char *path, char **ret_path, struct sealift_error *err)
{
    SCOPED(free_done) char *real = realpath(path, NULL);
    struct stat found;

    if (real == NULL)
        return error_errno(err, errno, "%s: cannot be found", path);
    if (stat(real, &found) != 0)
        return error_errno(err, errno, "%s: cannot be looked at", real);
    if (!S_ISDIR(found.st_mode))
        return error_set(err, SEALIFT_INVALID, "%s: is not a directory", real);
    if (!utf8_is_valid(bytes_of_text(real)))
        return error_set(err, SEALIFT_INVALID,
                         "%s: the path of a filesystem must be valid UTF-8 (names inside it may be any bytes)", real);
    *ret_path = TAKE(real);
    return SEALIFT_OK;
}
