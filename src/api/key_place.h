/* At which key of the KMS a filesystem that comes back is: the cluster's, or one of its own, and by which credentials.
 * A bucket only claims where a key was wrapped; what is asked is the cluster's server, with its own login or with the
 * credentials that were given, and where a key is, is where it opened. */
#ifndef KEY_PLACE_H
#define KEY_PLACE_H

#include "handle.h"

#include <pthread.h>

/* The zero value holds nothing. */
struct key_places {
    struct sealift *sealift;
    struct kms_routes *routes;
    struct kms_config cluster; /* KMS_NONE: none is set */
    struct own_key given;      /* no key: none was given */
    pthread_mutex_t lock; /* guards what follows, and is held while a place is gone to: who comes meanwhile waits */
    struct buf met;       /* names of the claims that were gone to, with the cluster's login */
};

void key_places_done(struct key_places *places);

/* `given` is a route from here on. INVALID: no KMS is set, and the home has no key of the local one. */
enum sealift_status key_places_begin(struct sealift *sealift, const struct own_key *given, struct key_places *places,
                                     struct sealift_error *err);

/* A struct recovery's `meet`; `context` is the places. Goes to another namespace with the cluster's login, where that
 * may be: a key that can be read there is a route from then on. Nothing but reading is tried, so that it is seen to be
 * a transit key before anything is sent to it. Any thread. */
enum sealift_status key_places_meet(void *context, const struct kms_hint *claim, struct sealift_error *err);

/* Whether this is the key that was given. */
bool key_places_is_given(struct key_places *places, const struct kms_hint *claim);

/* What the table has to keep of a key that opened at `by`: empty, when it is the cluster's, or no other can be used
 * here (then *ret_problem says why). */
enum sealift_status key_places_own_key(struct key_places *places, const struct kms_hint *by,
                                       char out[TABLE_OWN_KEY_MAX], struct sealift_error *ret_problem,
                                       struct sealift_error *err);

#endif
