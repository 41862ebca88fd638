/* A key of a cluster of KMIP servers, and whether it will do: what Get Attributes says, held against what wrapping
 * needs. */
#ifndef KMIP_KEY_H
#define KMIP_KEY_H

#include "kmip_client.h"
#include "kmip_get_attributes.h"

struct kms_errand;

/* The key, and how it is asked for. */
struct kmip_key {
    const struct world *world;
    struct kmip_client *client;
    const char *uid;
    bool once;                 /* as kmip_call has it, ... */
    int64_t until_ns;          /* ... and this, too */
    struct kms_errand *errand; /* whose request ids are noted; NULL: nobody's */
    const char *server; /* this one alone is asked ("HOST:PORT", as the client names it); NULL: whichever answers */
};

/* OK whenever a server answered, as kmip_client_call(). */
enum sealift_status kmip_key_call(const struct kmip_key *key, const struct kmip_call *call,
                                  struct kmip_reply *ret_reply, struct sealift_error *err);

enum sealift_status kmip_key_read(const struct kmip_key *key, struct kmip_attributes *ret_attributes,
                                  struct sealift_error *err);

/* KEY, naming what is wrong and who can change it: no symmetric key, not AES, not Active (each state in words), a usage
 * mask without Encrypt or Decrypt, outside Process Start and Protect Stop. What the server does not say is no reason to
 * refuse: wrapping will tell. */
enum sealift_status kmip_key_check(const struct world *world, const struct kmip_attributes *attributes, const char *uid,
                                   struct sealift_error *err);

/* "AES, 256 bits, active", as far as the server says it. */
void kmip_key_describe(const struct kmip_attributes *attributes, char out[128]);

/* What the admin should know of a key that will do, one by one; NULL behind the last: shorter than 256 bits, about to
 * be deactivated, what the server does not say. `out` takes 256 bytes. */
const char *kmip_key_warning(const struct world *world, const struct kmip_attributes *attributes, size_t index,
                             char out[256]);

#endif
