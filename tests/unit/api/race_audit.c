/* Many threads that tell the audit log of their calls, for ThreadSanitizer to watch: each call is a line, and whole,
 * though another process goes on leaving half a line. */
#include "audit.h"
#include "json.h"
#include "scoped.h"
#include "scratch_folder.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS 8
#define CALLS   50

static struct cancel cancel;
static const struct world world = {&clock_system, &entropy_system, &cancel, NULL};
static struct audit *audit;
static atomic_bool over;

static void
need(bool condition, const char *message)
{
    if (!condition) {
        fprintf(stderr, "race_audit: %s\n", message);
        exit(1);
    }
}

static void *
tell_often(void *number)
{
    struct kms_audit *ear = audit_ear(audit);
    const struct uuid fs = uuid_v4(&world);
    const struct kms_errand errand = {.fs = fs};
    const struct kms_event event = {.operation = "unwrap",
                                    .type = "local",
                                    .errand = &errand,
                                    .status = SEALIFT_KEY,
                                    .message = "it does not open"};
    struct sealift_error err = {0};

    need(audit_know(audit, &fs, "home", &err) == SEALIFT_OK, err.message);
    for (int i = 0; i < CALLS; i++) {
        need(ear->ready(ear, &err) == SEALIFT_OK, err.message);
        need(ear->note(ear, &event, &err) == SEALIFT_OK, err.message);
    }
    return number;
}

/* As a process whose disk is full would, but for ever. */
static void *
tear_lines(void *path)
{
    SCOPED(fd_done) int fd = open(path, O_WRONLY | O_APPEND);

    while (!atomic_load(&over))
        need(write(fd, "{\"half", 6) == 6, "half a line cannot be written");
    return NULL;
}

/* What hangs on half a line is none. */
static void
count_lines(const char *path, bool torn)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    int lines = 0;

    need(file != NULL, "there is no log");
    while (getline(&line, &size, file) > 0) {
        SCOPED(json_free) struct json *json = NULL;
        struct sealift_error err = {0};
        bool whole = json_parse(bytes_of_text(line), "a line", &json, &err) == SEALIFT_OK;

        need(whole || torn, err.message);
        need(!whole || strcmp(json_string(json_get(json, "filesystem")), "home") == 0, "a filesystem without its name");
        lines += whole;
    }
    free(line);
    fclose(file);
    need(lines == THREADS * CALLS, "another number of lines");
}

static void
run(const char *path)
{
    pthread_t threads[THREADS];
    struct sealift_error err = {0};

    need(audit_open(&world, path, "kms drill", &audit, &err) == SEALIFT_OK, err.message);
    for (size_t i = 0; i < THREADS; i++)
        need(pthread_create(&threads[i], NULL, tell_often, NULL) == 0, "no thread");
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    audit_free(&audit);
}

int
main(void)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    SCOPED(free_done) char *path = NULL;
    struct sealift_error err = {0};
    pthread_t tearing;

    scratch_folder_make(&scratch);
    need(text_copy(scratch_folder_at(&scratch, "torn"), &path, &err) == SEALIFT_OK, err.message);
    run(scratch_folder_at(&scratch, "log"));
    count_lines(scratch_folder_at(&scratch, "log"), false);

    fclose(fopen(path, "w"));
    need(pthread_create(&tearing, NULL, tear_lines, path) == 0, "no thread");
    run(path);
    atomic_store(&over, true);
    pthread_join(tearing, NULL);
    count_lines(path, true);
    return 0;
}
