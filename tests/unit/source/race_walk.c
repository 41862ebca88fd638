/* Entries are read and freed on many threads while the walk goes on, and after it is gone; run it under
 * ThreadSanitizer. */
#include "entry_reader.h"
#include "playground.h"
#include "scoped.h"
#include "seeded_world.h"
#include "walk.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define DIRECTORIES 40
#define FILES       20
#define READERS     4

static struct seeded_world seeded;
static struct playground playground;

/* What the walk has given and nobody has taken yet. */
static struct {
    pthread_mutex_t lock;
    struct walk_entry *entries[1 + DIRECTORIES * (1 + FILES)];
    size_t given;
    size_t taken;
    bool ended;
} shelf = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void
insist(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "race_walk: %s\n", what);
    exit(1);
}

static bool
take(struct walk_entry **ret_entry)
{
    bool ended;

    pthread_mutex_lock(&shelf.lock);
    *ret_entry = shelf.taken < shelf.given ? shelf.entries[shelf.taken++] : NULL;
    ended = shelf.ended && *ret_entry == NULL;
    pthread_mutex_unlock(&shelf.lock);
    return !ended;
}

static void *
read_entries(void *argument)
{
    SCOPED(entry_reader_free) struct entry_reader *reader = NULL;
    struct sealift_error err;
    struct walk_entry *entry;
    size_t *count = argument;
    uint8_t byte;
    size_t len;

    insist(entry_reader_new(&seeded.world, &reader, &err) == SEALIFT_OK, "no reader");
    while (take(&entry)) {
        if (entry == NULL) {
            sched_yield();
            continue;
        }
        insist(entry_reader_open(reader, entry, &err) == SEALIFT_OK, err.message);
        if (entry->meta.type == TREE_FILE)
            insist(entry_reader_read(reader, 0, 1, &byte, &len, &err) == SEALIFT_OK && len == 1, "cannot read");
        walk_entry_free(&entry);
        (*count)++;
    }
    return NULL;
}

static void
give_entries(void)
{
    const struct walk_options options = {0};
    SCOPED(walk_free) struct walk *walk = NULL;
    struct walk_entry *entry = NULL;
    struct sealift_error err;

    insist(walk_open(&seeded.world, playground.path, &options, &walk, &err) == SEALIFT_OK, err.message);
    for (;;) {
        insist(walk_next(walk, &entry, &err) == SEALIFT_OK, err.message);
        if (entry == NULL)
            return;
        pthread_mutex_lock(&shelf.lock);
        shelf.entries[shelf.given++] = entry;
        pthread_mutex_unlock(&shelf.lock);
    }
}

int
main(void)
{
    pthread_t readers[READERS];
    size_t counts[READERS] = {0}, sum = 0;
    char name[64];

    seeded_world_init(&seeded, 1);
    playground_make(&playground);
    for (int directory = 0; directory < DIRECTORIES; directory++) {
        snprintf(name, sizeof(name), "%d", directory);
        playground_directory(playground.fd, name);
        for (int file = 0; file < FILES; file++) {
            snprintf(name, sizeof(name), "%d/%d", directory, file);
            playground_file(playground.fd, name, name);
        }
    }
    for (size_t i = 0; i < READERS; i++)
        insist(pthread_create(&readers[i], NULL, read_entries, &counts[i]) == 0, "no thread");
    give_entries();
    pthread_mutex_lock(&shelf.lock);
    shelf.ended = true;
    pthread_mutex_unlock(&shelf.lock);
    for (size_t i = 0; i < READERS; i++) {
        pthread_join(readers[i], NULL);
        sum += counts[i];
    }
    insist(sum == 1 + DIRECTORIES * (1 + FILES), "entries were lost");
    playground_remove(&playground);
    return 0;
}
