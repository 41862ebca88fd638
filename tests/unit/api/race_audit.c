/* Many threads that tell the audit log of their calls, for ThreadSanitizer to watch: each call is a line, and whole. */
#include "audit.h"
#include "json.h"
#include "scoped.h"
#include "scratch_folder.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 8
#define CALLS   50

static struct cancel cancel;
static const struct world world = {&clock_system, &entropy_system, &cancel, NULL};
static struct audit *audit;

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
        ear->note(ear, &event);
    }
    return number;
}

static void
count_lines(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[1024];
    int lines = 0;

    need(file != NULL, "there is no log");
    for (; fgets(line, sizeof(line), file) != NULL; lines++) {
        SCOPED(json_free) struct json *json = NULL;
        struct sealift_error err = {0};

        need(json_parse(bytes_of_text(line), "a line", &json, &err) == SEALIFT_OK, err.message);
        need(strcmp(json_string(json_get(json, "filesystem")), "home") == 0, "a filesystem without its name");
    }
    fclose(file);
    need(lines == THREADS * CALLS, "another number of lines");
}

int
main(void)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    struct sealift_error err = {0};
    pthread_t threads[THREADS];

    scratch_folder_make(&scratch);
    need(audit_open(&world, scratch_folder_at(&scratch, "log"), "kms drill", &audit, &err) == SEALIFT_OK, err.message);
    for (size_t i = 0; i < THREADS; i++)
        need(pthread_create(&threads[i], NULL, tell_often, NULL) == 0, "no thread");
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    audit_free(&audit);
    count_lines(scratch_folder_at(&scratch, "log"));
    return 0;
}
