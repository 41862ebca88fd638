/* The key that `kms impact` is asked about, and a connection that unwraps with it alone. */
#ifndef CONDEMNED_KEY_H
#define CONDEMNED_KEY_H

#include "handle.h"
#include "proof.h"

/* The zero value holds nothing. */
struct condemned_key {
    struct condemned condemned;
    struct kms *kms;
    char command[1024]; /* as somebody would have asked: "kms impact --key K", for the evidence */
};

/* Nothing is asked of the server yet. Of the table's credentials those are taken that belong there: a filesystem's own
 * key at this place, a role in its namespace, else the cluster's login. */
enum sealift_status condemned_key_open(struct sealift *sealift, const struct sealift_impact_spec *spec,
                                       struct condemned_key *ret_key, struct sealift_error *err);
void condemned_key_done(struct condemned_key *key);

#endif
