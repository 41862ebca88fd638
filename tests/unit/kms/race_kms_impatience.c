/* Many threads that find a KMS away at once, for ThreadSanitizer to watch: one of them waits for it, and all hear what
 * came of it. */
#include "error.h"
#include "kms.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 8
#define CALLS   20

static struct cancel cancel;
static const struct world world = {&clock_system, &entropy_system, &cancel, NULL};
static atomic_int tries, waits;

static void
need(bool condition, const char *message)
{
    if (!condition) {
        fprintf(stderr, "race_kms_impatience: %s\n", message);
        exit(1);
    }
}

static enum sealift_status
never_unwrap(struct kms *kms, struct kms_errand *errand, const struct kms_hint *hint, const char *wrapped_kek,
             struct secret **ret_kek, struct sealift_error *err)
{
    (void)kms;
    (void)hint;
    (void)wrapped_kek;
    (void)ret_kek;
    atomic_fetch_add(&tries, 1);
    if (!errand->once) {
        atomic_fetch_add(&waits, 1);
        world.clock->sleep_ns(world.clock, 200 * NS_PER_MS, NULL);
    }
    return error_set(err, SEALIFT_UNAVAILABLE, "it is sealed");
}

static const struct kms_ops ops = {.type = "toy", .unwrap = never_unwrap};
static struct kms kms = {.ops = &ops, .world = &world, .impatient = true};

static void *
ask_often(void *unused)
{
    const struct kms_hint hint = {.type = "toy"};

    for (int i = 0; i < CALLS; i++) {
        struct kms_errand errand = {0};
        struct sealift_error err = {0};
        struct secret *kek = NULL;

        need(kms_unwrap(&kms, &errand, &hint, "toy:1", &kek, &err) == SEALIFT_UNAVAILABLE, err.message);
    }
    return unused;
}

int
main(void)
{
    pthread_t threads[THREADS];

    for (size_t i = 0; i < THREADS; i++)
        need(pthread_create(&threads[i], NULL, ask_often, NULL) == 0, "no thread");
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    need(atomic_load(&waits) == 1, "it was waited for more than once, or not at all");
    need(atomic_load(&tries) == THREADS * CALLS + 1, "not every call tried it");
    return 0;
}
