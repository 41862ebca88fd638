/* A KEK through a KMIP server's Encrypt and back: one call each. */
#ifndef KMIP_WRAP_H
#define KMIP_WRAP_H

#include "kmip_client.h"
#include "kmip_sealed.h"

/* In that mode. KEY with *ret_try_another (never NULL) set: this server has no such mode, or leaves out of its answer
 * what decrypting needs (an IV of its own making, the tag); another mode may do. Whether the blob opens is for the
 * caller to show. */
enum sealift_status kmip_wrap(const struct world *world, struct kmip_client *client, const char *uid,
                              const struct kmip_mode *mode, const struct secret *kek, struct kmip_sealed *ret_sealed,
                              bool *ret_try_another, struct sealift_error *err);

/* As it was recorded; where that fails, with the tag in the other place (a key that moved to another vendor's server).
 * A version without a field for the tag is raised for this call to the one that it was made in. */
enum sealift_status kmip_unwrap(struct kmip_client *client, const char *uid, const struct kmip_sealed *sealed,
                                struct secret **ret_kek, struct sealift_error *err);

/* Tries the modes, beginning with `first` when that is known: encrypt, decrypt and compare, then decrypt a damaged
 * copy, which must not give the key back, and under GCM must fail. Finds one or says what came of each. */
enum sealift_status kmip_probe(const struct world *world, struct kmip_client *client, const char *uid,
                               const struct kmip_mode *first, struct kmip_mode *ret_mode, struct sealift_error *err);

#endif
