/* Files are made on one thread, and written and finished on many; run it under ThreadSanitizer. */
#include "playground.h"
#include "scoped.h"
#include "seeded_world.h"
#include "target.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILES   200
#define PIECES  8
#define WRITERS 4

static struct seeded_world seeded;
static struct playground playground;
static atomic_size_t told;

/* A file in the making: whoever writes its last piece finishes it. */
static struct {
    _Atomic(struct target_file *) file;
    atomic_size_t written;
} files[FILES];

static void
insist(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "race_target: %s\n", what);
    exit(1);
}

static void
count_degraded(void *context, struct bytes path, const char *what)
{
    (void)context;
    (void)path;
    (void)what;
    atomic_fetch_add(&told, 1);
}

static void
write_piece(size_t number, size_t piece)
{
    struct target_file *file;
    struct sealift_error err;

    while ((file = atomic_load(&files[number].file)) == NULL)
        sched_yield();
    insist(target_file_write(file, piece * 5, bytes_of_text("piece"), &err) == SEALIFT_OK, err.message);
    if (atomic_fetch_add(&files[number].written, 1) + 1 == PIECES)
        insist(target_file_finish(&file, &err) == SEALIFT_OK, err.message);
}

static void *
write_pieces(void *argument)
{
    size_t first = *(size_t *)argument;

    for (size_t i = first; i < FILES * PIECES; i += WRITERS)
        write_piece(i / PIECES, i % PIECES);
    return NULL;
}

static void
make_file(struct target *target, size_t number)
{
    char name[32];
    struct tree_entry entry = {.type = TREE_FILE, .mode = 04755, .uid = UINT32_MAX, .size = PIECES * 5};
    struct target_file *file;
    struct sealift_error err;

    snprintf(name, sizeof(name), "%03zu", number);
    entry.path = bytes_of_text(name);
    insist(target_file_make(target, &entry, &file, &err) == SEALIFT_OK, err.message);
    atomic_store(&files[number].file, file);
}

static void
expect_file(size_t number)
{
    char name[32];
    struct stat stat;

    snprintf(name, sizeof(name), "target/%03zu", number);
    insist(fstatat(playground.fd, name, &stat, 0) == 0, name);
    insist(stat.st_size == PIECES * 5 && stat.st_mode == (S_IFREG | 0755), name);
}

int
main(void)
{
    SCOPED(target_free) struct target *target = NULL;
    pthread_t writers[WRITERS];
    size_t first[WRITERS];
    char path[PATH_MAX + 16];
    struct sealift_error err;

    seeded_world_init(&seeded, 1);
    playground_make(&playground);
    snprintf(path, sizeof(path), "%s/target", playground.path);
    insist(target_open(&seeded.world, path, count_degraded, NULL, &target, &err) == SEALIFT_OK, err.message);
    for (size_t i = 0; i < WRITERS; i++) {
        first[i] = i;
        insist(pthread_create(&writers[i], NULL, write_pieces, &first[i]) == 0, "no thread");
    }
    for (size_t number = 0; number < FILES; number++)
        make_file(target, number);
    for (size_t i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);
    insist(target_finish(target, &err) == SEALIFT_OK, err.message);
    for (size_t number = 0; number < FILES; number++)
        expect_file(number);
    insist(atomic_load(&told) == 2 * FILES, "each file has an owner that cannot be set, and bits that are left out");
    playground_remove(&playground);
    return 0;
}
