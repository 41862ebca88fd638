/* A directory store under races, for ThreadSanitizer: 16 writers of one name, of whom one wins; writers and deleters of
 * neighbours, where folders vanish while objects come; listings meanwhile, which show whole objects only. */
#include "scoped.h"
#include "scratch_folder.h"
#include "store_directory.h"
#include "store_race.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS    20
#define WRITERS   6
#define TURNS     40
#define BODY_SIZE 20000

static struct cancel cancel;
static const struct world world = {&clock_system, &entropy_system, &cancel, NULL};

static void
insist(bool truth, const char *what, const struct sealift_error *err)
{
    if (!truth) {
        fprintf(stderr, "failed: %s: %s\n", what, err->message);
        exit(1);
    }
}

static struct store *
open_store(const struct scratch_folder *scratch)
{
    struct store *store;
    struct sealift_error err;

    insist(store_directory_open(&world, scratch->path, false, &store, &err) == SEALIFT_OK, "open", &err);
    return store;
}

static void
race_for_one_name(const struct scratch_folder *scratch)
{
    SCOPED(store_free) struct store *store = open_store(scratch);
    static uint8_t body[BODY_SIZE];
    struct sealift_error err = {0};

    for (unsigned round = 0; round < ROUNDS; round++) {
        char name[32];
        unsigned winners;
        uint8_t winner, kept;

        snprintf(name, sizeof(name), "race/%u/object", round);
        insist(store_race_run(store, name, BYTES_OF(body), &winners, &winner, &err) == SEALIFT_OK, "run", &err);
        insist(winners == 1, "one of 16 wins", &err);
        insist(store_get_range(store, name, 0, 1, &kept, &err) == SEALIFT_OK, "read", &err);
        insist(kept == winner, "the winner's bytes are kept", &err);
    }
}

struct neighbour {
    const struct scratch_folder *scratch;
    struct store *shared;
    unsigned number;
    pthread_t thread;
};

static enum sealift_status
check_whole(void *context, const struct store_object *object, struct sealift_error *err)
{
    (void)context;
    insist(object->size == BODY_SIZE, "only whole objects are listed", err);
    return SEALIFT_OK;
}

/* Each other neighbour has a store of its own, as another process would. */
static void *
come_and_go(void *argument)
{
    struct neighbour *neighbour = argument;
    SCOPED(store_free) struct store *own = neighbour->number % 2 == 0 ? open_store(neighbour->scratch) : NULL;
    struct store *store = own != NULL ? own : neighbour->shared;
    static const uint8_t body[BODY_SIZE];
    struct sealift_error err = {0};
    char name[64];

    snprintf(name, sizeof(name), "street/house/%u", neighbour->number);
    for (unsigned turn = 0; turn < TURNS; turn++) {
        insist(store_put_small(store, name, BYTES_OF(body), &err) == SEALIFT_OK, "put", &err);
        insist(store_list(store, "street/", NULL, check_whole, NULL, &err) == SEALIFT_OK, "list", &err);
        insist(store_delete(store, name, &err) == SEALIFT_OK, "delete", &err);
    }
    return NULL;
}

static void
race_against_vanishing_folders(const struct scratch_folder *scratch)
{
    SCOPED(store_free) struct store *shared = open_store(scratch);
    struct neighbour neighbours[WRITERS];
    struct sealift_error err = {0};

    for (unsigned i = 0; i < WRITERS; i++) {
        neighbours[i] = (struct neighbour){.scratch = scratch, .shared = shared, .number = i};
        insist(pthread_create(&neighbours[i].thread, NULL, come_and_go, &neighbours[i]) == 0, "thread", &err);
    }
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_join(neighbours[i].thread, NULL);
}

int
main(void)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;

    scratch_folder_make(&scratch);
    race_for_one_name(&scratch);
    race_against_vanishing_folders(&scratch);
    return 0;
}
