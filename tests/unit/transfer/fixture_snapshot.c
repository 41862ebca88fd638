#include "fixture_snapshot.h"

#include "error.h"
#include "key_records.h"
#include "manifest_fetch.h"
#include "scoped.h"
#include "verify_objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The fixture serves Criterion's suites and programs with a plain main: when its own machinery fails, it says so and
 * aborts. */
static void
insist(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "the fixture of the transfer tests: %s\n", what);
    abort();
}

static void
must(enum sealift_status status, const struct sealift_error *err)
{
    insist(status == SEALIFT_OK, err->message);
}

static void
hear(void *context, enum sealift_notice notice, const char *path, const char *reason)
{
    struct fixture *fixture = context;

    if (notice == SEALIFT_NOTICE_MISSING)
        fixture->missing++;
    else if (notice == SEALIFT_NOTICE_CHANGED)
        fixture->changed++;
    else
        fixture->other++;
    snprintf(fixture->last_notice, sizeof(fixture->last_notice), "%s: %s", path, reason);
}

static void
keep_line(struct logger *logger, enum log_level level, const char *line)
{
    struct fixture *fixture = (struct fixture *)(void *)((char *)logger - offsetof(struct fixture, logger));
    size_t len;

    (void)level;
    pthread_mutex_lock(&fixture->lock);
    len = strlen(fixture->log);
    snprintf(fixture->log + len, sizeof(fixture->log) - len, "%s\n", line);
    pthread_mutex_unlock(&fixture->lock);
}

static struct fixture *
fixture_of(struct kms_audit *audit)
{
    return (struct fixture *)(void *)((char *)audit - offsetof(struct fixture, audit));
}

static enum sealift_status
audit_ready(struct kms_audit *audit, struct sealift_error *err)
{
    return atomic_load(&fixture_of(audit)->lacks_line) ? error_set(err, SEALIFT_IO, "the log is full") : SEALIFT_OK;
}

static enum sealift_status
audit_note(struct kms_audit *audit, const struct kms_event *event, struct sealift_error *err)
{
    struct fixture *fixture = fixture_of(audit);

    (void)event;
    if (fixture->log_is_full)
        atomic_store(&fixture->lacks_line, true);
    return audit_ready(audit, err);
}

static void
make_routes(struct fixture *fixture)
{
    const struct kms_routes_options options = {.home = fixture->scratch.path, .audit = &fixture->audit};
    struct kms *kms = fixture->kms;
    struct sealift_error err;

    must(kms_routes_new(&fixture->world, &options, &fixture->routes, &err), &err);
    must(kms_routes_adopt(fixture->routes, KMS_ROLE_LOCAL, &kms, &err), &err);
}

/* Now that it has a key, its place has a name; and it has said what it has to say. */
static void
open_kms_again(struct fixture *fixture)
{
    const struct kms_config config = {.type = KMS_LOCAL};
    SCOPED(secret_free) struct secret *fs_key = NULL;
    struct kms_errand errand = {.fs = fixture->fs};
    struct sealift_error err;

    kms_free(&fixture->kms);
    must(kms_open(&fixture->world, &config, fixture->scratch.path, &fixture->kms, &err), &err);
    must(keyring_open(fixture->kms, &errand, &fixture->envelope, &fs_key, NULL, &err), &err);
}

void
fixture_init(struct fixture *fixture)
{
    const struct kms_config config = {.type = KMS_LOCAL};
    struct sealift_error err;

    *fixture = (struct fixture){
        .logger = {.threshold = LOG_WARNING, .write = keep_line},
        .audit = {.ready = audit_ready, .note = audit_note},
    };
    pthread_mutex_init(&fixture->lock, NULL);
    scratch_folder_make(&fixture->scratch);
    fixture->world = (struct world){
        .clock = &clock_system,
        .entropy = &entropy_system,
        .cancel = &fixture->cancel,
        .logger = &fixture->logger,
    };
    must(secret_init(&err), &err);
    must(store_memory_new(&fixture->store, &err), &err);
    must(kms_open(&fixture->world, &config, fixture->scratch.path, &fixture->kms, &err), &err);
    fixture->fs = uuid_v4(&fixture->world);
    must(secret_random(&fixture->world, FS_KEY_SIZE, &fixture->fs_key, &err), &err);
    must(keyring_seal(fixture->kms, &(struct kms_errand){.fs = fixture->fs}, fixture->fs_key, NULL, &fixture->envelope,
                      &err),
         &err);
    open_kms_again(fixture);
    make_routes(fixture);
    must(progress_new(&fixture->world, &(struct sealift_transfer_options){.notice = hear, .context = fixture},
                      &fixture->progress, &err),
         &err);
}

static void
run(const char *const arguments[], int *ret_exit_code, bool *ret_silent)
{
    int pipe_ends[2];
    char byte;
    pid_t child;
    int state;

    insist(pipe(pipe_ends) == 0, "pipe");
    child = fork();
    if (child == 0) {
        dup2(pipe_ends[1], STDOUT_FILENO);
        close(pipe_ends[0]);
        execvp(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    close(pipe_ends[1]);
    *ret_silent = read(pipe_ends[0], &byte, 1) == 0;
    if (!*ret_silent)
        fprintf(stderr, "%s: %c", arguments[0], byte);
    for (char rest[4096]; !*ret_silent && read(pipe_ends[0], rest, sizeof(rest)) > 0;)
        continue;
    close(pipe_ends[0]);
    insist(waitpid(child, &state, 0) == child, "waitpid");
    *ret_exit_code = WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

void
fixture_done(struct fixture *fixture)
{
    progress_free(&fixture->progress);
    secret_free(&fixture->fs_key);
    kms_routes_free(&fixture->routes);
    store_free(&fixture->store);
    scratch_folder_done(&fixture->scratch);
    pthread_mutex_destroy(&fixture->lock);
}

const char *
fixture_path(struct fixture *fixture, const char *below)
{
    return scratch_folder_at(&fixture->scratch, below);
}

void
fixture_make_folder(struct fixture *fixture, const char *below)
{
    insist(mkdir(fixture_path(fixture, below), 0755) == 0, below);
}

void
fixture_write(struct fixture *fixture, const char *below, struct bytes contents)
{
    FILE *file = fopen(fixture_path(fixture, below), "w");

    insist(file != NULL && fwrite(contents.data, 1, contents.len, file) == contents.len && fclose(file) == 0, below);
}

void
fixture_write_text(struct fixture *fixture, const char *below, const char *text)
{
    fixture_write(fixture, below, bytes_of_text(text));
}

void
fixture_write_noise(struct fixture *fixture, const char *below, size_t len)
{
    uint8_t *noise = malloc(len);

    insist(noise != NULL, "no memory");
    fixture->world.entropy->fill(fixture->world.entropy, noise, len);
    fixture_write(fixture, below, (struct bytes){noise, len});
    free(noise);
}

struct uuid
fixture_put_key_record(struct fixture *fixture, const struct envelope *envelope)
{
    const struct private_part names = {.filesystem = "home", .path = "/srv/home", .host = "test", .generation = 1};
    const struct key_record_wish wish = {.envelope = envelope, .names = &names, .fs_key = fixture->fs_key};
    struct sealift_error err;
    struct uuid record;

    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL); /* records are dated by the millisecond */
    must(key_record_put(&fixture->world, fixture->store, &wish, &record, &err), &err);
    return record;
}

enum sealift_status
fixture_upload_with(struct fixture *fixture, struct store *store, struct upload_request *request,
                    struct locator *ret_locator, struct upload_outcome *ret_outcome, struct sealift_error *err)
{
    const struct private_part names = {
        .filesystem = "home", .snapshot = "monday", .path = "/srv/home", .host = "test", .generation = 1};
    struct publication publication = {
        .request = request,
        .outcome = ret_outcome,
        .names = &names,
        .sequence = ++fixture->sequence,
        .created_ns = fixture->world.clock->wall_ns(fixture->world.clock),
        .envelope = &fixture->envelope,
        .routes = fixture->routes,
    };
    SCOPED(manifest_done) struct manifest manifest = {0};

    request->fs = fixture->fs;
    request->fs_key = fixture->fs_key;
    request->upload = uuid_v7(&fixture->world);
    request->compression_level = 3;
    if (request->budget.workers == 0)
        TRY(budget_plan(&(struct budget_wish){BUDGET_LEAST, 2, 2, 0}, &request->budget, err));
    TRY(upload_run(&fixture->world, store, fixture->progress, request, ret_outcome, err));
    TRY(publish_prepare(&fixture->world, store, &publication, &manifest, err));
    TRY(publish_put(store, &publication, &manifest, err));
    *ret_locator = (struct locator){fixture->fs, request->upload};
    return SEALIFT_OK;
}

enum sealift_status
fixture_upload(struct fixture *fixture, struct store *store, const char *below, struct locator *ret_locator,
               struct upload_outcome *ret_outcome, struct sealift_error *err)
{
    struct upload_request request = {.path = fixture_path(fixture, below), .live = true};

    return fixture_upload_with(fixture, store, &request, ret_locator, ret_outcome, err);
}

/* --- reading --- */

struct summing {
    atomic_uint_fast64_t sum;
};

struct summed_file {
    uint64_t path; /* its hash */
    char name[];
};

static uint64_t
hash_bytes(uint64_t seed, struct bytes bytes)
{
    uint8_t digest[SHA256_SIZE];
    struct sealift_error err;
    uint64_t hash;

    must(sha256(bytes, digest, &err), &err);
    memcpy(&hash, digest, sizeof(hash));
    return hash * 3 + seed * 0x9e3779b97f4a7c15u;
}

static void
add_entry(struct summing *summing, const struct tree_entry *entry)
{
    uint64_t sum = hash_bytes(1, entry->path);

    sum = hash_bytes(sum, entry->target);
    sum = hash_bytes(sum, entry->xattrs);
    sum += entry->type * 3u + entry->mode * 5u + entry->uid * 7u + entry->gid * 11u + (uint64_t)entry->mtime_s * 13u;
    sum += entry->mtime_ns * 17u + entry->size * 19u + entry->major * 23u + entry->minor * 29u;
    atomic_fetch_add(&summing->sum, sum);
}

static enum sealift_status
sum_entry(void *context, const struct tree_entry *entry, struct sealift_error *err)
{
    (void)err;
    add_entry(context, entry);
    return SEALIFT_OK;
}

static enum sealift_status
sum_begin(void *context, const struct tree_entry *entry, void **ret_file, struct sealift_error *err)
{
    struct summed_file *file = calloc(1, sizeof(*file) + entry->path.len + 1);

    (void)err;
    insist(file != NULL, "no memory");
    memcpy(file->name, entry->path.data, entry->path.len);
    file->path = hash_bytes(2, entry->path);
    add_entry(context, entry);
    *ret_file = file;
    return SEALIFT_OK;
}

static enum sealift_status
sum_data(void *context, void *file, uint64_t at, struct bytes data, struct sealift_error *err)
{
    struct summing *summing = context;
    const struct summed_file *summed = file;

    (void)err;
    atomic_fetch_add(&summing->sum, hash_bytes(summed->path + at, data));
    return SEALIFT_OK;
}

static enum sealift_status
sum_end(void *context, void *file, struct sealift_error *err)
{
    (void)context;
    (void)err;
    free(file);
    return SEALIFT_OK;
}

static void
sum_drop(void *context, void *file)
{
    (void)context;
    free(file);
}

static const char *
sum_path(const void *file)
{
    const struct summed_file *summed = file;

    return summed->name;
}

struct opened {
    struct manifest manifest;
    struct secret *fs_key;
};

static void
opened_done(struct opened *opened)
{
    manifest_done(&opened->manifest);
    secret_free(&opened->fs_key);
}

static enum sealift_status
open_snapshot(struct fixture *fixture, struct store *store, const struct locator *locator, struct opened *opened,
              struct sealift_error *err)
{
    TRY(manifest_fetch(store, locator, &opened->manifest, err));
    return snapshot_key_open(&fixture->world, store, fixture->routes, &opened->manifest, &opened->fs_key, NULL, err);
}

enum sealift_status
fixture_read(struct fixture *fixture, struct store *store, const struct locator *locator, uint64_t *ret_digest,
             struct sealift_error *err)
{
    SCOPED(opened_done) struct opened opened = {0};
    struct summing summing = {0};
    const struct reading_sink sink = {&summing, sum_entry, sum_begin, sum_data, sum_end, sum_drop, sum_path};
    struct reading_request request = {.manifest = &opened.manifest};
    struct reading_outcome outcome;

    TRY(open_snapshot(fixture, store, locator, &opened, err));
    request.fs_key = opened.fs_key;
    TRY(budget_plan(&(struct budget_wish){BUDGET_LEAST, 1, 1, 0}, &request.budget, err));
    TRY(reading_run(&fixture->world, store, fixture->progress, &request, &sink, &outcome, err));
    *ret_digest = atomic_load(&summing.sum);
    return SEALIFT_OK;
}

enum sealift_status
fixture_download(struct fixture *fixture, struct store *store, const struct locator *locator, const char *below,
                 struct download_outcome *ret_outcome, struct sealift_error *err)
{
    SCOPED(opened_done) struct opened opened = {0};
    SCOPED(download_free) struct download *download = NULL;
    struct reading_request request = {.manifest = &opened.manifest};

    TRY(open_snapshot(fixture, store, locator, &opened, err));
    request.fs_key = opened.fs_key;
    TRY(budget_plan(&(struct budget_wish){BUDGET_LEAST, 2, 2, 0}, &request.budget, err));
    TRY(download_new(&fixture->world, fixture->progress, fixture_path(fixture, below), &download, err));
    return download_run(download, store, &request, ret_outcome, err);
}

enum sealift_status
fixture_verify_objects(struct fixture *fixture, struct store *store, const struct locator *locator,
                       struct sealift_error *err)
{
    SCOPED(manifest_done) struct manifest manifest = {0};
    struct verify_objects_request request = {.manifest = &manifest, .read = true};
    struct verify_objects_outcome outcome;

    TRY(manifest_fetch(store, locator, &manifest, err));
    TRY(budget_plan(&(struct budget_wish){BUDGET_LEAST, 1, 1, 0}, &request.budget, err));
    return verify_objects(&fixture->world, store, fixture->progress, &request, &outcome, err);
}

bool
fixture_trees_are_equal(struct fixture *fixture, const char *a, const char *b)
{
    char from[4200], to[4200];
    const char *const compare[] = {"rsync", "-naiHAXc", "--delete", "--modify-window=-1", from, to, NULL};
    bool silent;
    int code;

    snprintf(from, sizeof(from), "%s/", fixture_path(fixture, a));
    snprintf(to, sizeof(to), "%s/", fixture_path(fixture, b));
    run(compare, &code, &silent);
    return code == 0 && silent;
}
