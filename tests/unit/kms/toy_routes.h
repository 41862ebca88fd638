/* Routes to KMSs that are played, and what a test asks of them. The world's time moves only when somebody sleeps. */
#ifndef TOY_ROUTES_H
#define TOY_ROUTES_H

#include "error.h"
#include "kms_routes.h"
#include "scoped.h"
#include "scripted_world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct sealift_error err;
static const struct uuid fs = {{1, 2, 3}};
static struct secret *kek, *fs_key;
static struct scripted_world scripted;

/* --- A KMS that opens what it is said to, and writes down that it was asked --- */

struct toy {
    struct kms kms;
    const char *name;
    enum sealift_status answer[4]; /* to the first, second ... time that it is asked; the last one for ever */
    size_t asked;
    int64_t takes_ns; /* each answer */
    bool once[4];     /* whether it was told to be quick, the first, second ... time */
};

static char asked[256]; /* names of toys, in the order in which they were asked */

static inline enum sealift_status
toy_unwrap(struct kms *kms, struct kms_errand *errand, const struct kms_hint *hint, const char *wrapped_kek,
           struct secret **ret_kek, struct sealift_error *error)
{
    struct toy *toy = (struct toy *)kms;
    enum sealift_status answer = toy->answer[toy->asked];
    size_t at = strlen(asked);

    toy->once[toy->asked] = errand->once;
    toy->asked += toy->asked < 3;
    if (toy->takes_ns > 0)
        scripted.clock.sleep_ns(&scripted.clock, toy->takes_ns, NULL);

    (void)hint;
    (void)wrapped_kek;
    snprintf(asked + at, sizeof(asked) - at, "%s%s", at > 0 ? " " : "", toy->name);
    errand->by = toy->kms.place;
    if (answer != SEALIFT_OK)
        return error_set(error, answer, "%s will not", toy->name);
    return secret_copy(secret_bytes(kek), ret_kek, error);
}

static inline enum sealift_status
toy_check(struct kms *kms, struct kms_errand *errand, kms_each_finding *each, void *context,
          struct sealift_error *error)
{
    SCOPED(secret_free) struct secret *ignored = NULL;
    enum sealift_status status = toy_unwrap(kms, errand, NULL, NULL, &ignored, error);

    each(context, &(struct kms_finding){.call = "open", .ok = status == SEALIFT_OK});
    return status;
}

static inline void
toy_free(struct kms *kms)
{
    (void)kms; /* they are the tests' */
}

static const struct kms_ops toy_ops = {.type = "toy", .unwrap = toy_unwrap, .check = toy_check, .free = toy_free};

static inline struct kms_hint
place(const char *name_space, const char *key)
{
    struct kms_hint hint = {.type = "toy", .mount = "transit", .key_version = 3};

    snprintf(hint.name_space, sizeof(hint.name_space), "%s", name_space);
    snprintf(hint.key_identifier, sizeof(hint.key_identifier), "%s", key);
    return hint;
}

/* One that wraps under a key in a namespace, and whose every answer is `answer`. */
static inline struct toy
toy_of(const char *name, const char *name_space, const char *key, enum sealift_status answer)
{
    return (struct toy){.kms = {.ops = &toy_ops, .place = place(name_space, key)},
                        .name = name,
                        .answer = {answer, answer, answer, answer}};
}

/* --- What the tests ask --- */

static inline struct kms_routes *
no_routes(const struct kms_routes_options *options)
{
    struct kms_routes *routes = NULL;

    scripted_world_init(&scripted, "2026-11-30T12:00:00Z");
    cr_assert_eq(secret_random(&scripted.world, KEY_SIZE, &kek, &err), SEALIFT_OK);
    cr_assert_eq(secret_random(&scripted.world, FS_KEY_SIZE, &fs_key, &err), SEALIFT_OK);
    cr_assert_eq(kms_routes_new(&scripted.world, options, &routes, &err), SEALIFT_OK, "%s", err.message);
    return routes;
}

static inline struct kms_routes *
empty_routes(void)
{
    return no_routes(&(struct kms_routes_options){.home = "/nonexistent"});
}

static inline void
routes_done(struct kms_routes **routes)
{
    kms_routes_free(routes);
    secret_free(&kek);
    secret_free(&fs_key);
}

/* The toy is declared before the routes, which let go of it at their end. */
static inline void
adopt(struct kms_routes *routes, enum kms_role role, struct toy *toy)
{
    struct kms *kms = &toy->kms;

    toy->kms.world = &scripted.world;
    cr_assert_eq(kms_routes_adopt(routes, role, &kms, &err), SEALIFT_OK);
    cr_assert_null(kms);
}

static inline struct envelope
envelope_at(struct kms_hint hint)
{
    struct envelope envelope = {.fs = fs, .kms = hint, .wrapped_kek = "toy:1"};

    cr_assert_eq(envelope_seal(&envelope, kek, fs_key, NULL, &err), SEALIFT_OK);
    return envelope;
}

static inline enum sealift_status
open_at(struct kms_routes *routes, struct kms_hint hint, struct kms_errand *errand)
{
    const struct envelope envelope = envelope_at(hint);
    SCOPED(secret_free) struct secret *opened = NULL;
    enum sealift_status status = kms_routes_open(routes, errand, &envelope, &opened, NULL, &err);

    if (status == SEALIFT_OK)
        cr_assert(secret_equal(opened, fs_key));
    return status;
}

static inline void
expect(struct kms_routes *routes, struct kms_hint hint, enum sealift_status status, const char *whom)
{
    struct kms_errand errand = {0};

    asked[0] = '\0';
    cr_assert_eq(open_at(routes, hint, &errand), status, "%s", err.message);
    cr_assert_str_eq(asked, whom);
    cr_assert(uuid_equal(&errand.fs, &fs) || whom[0] == '\0');
}

#endif
