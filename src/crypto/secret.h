/* Secrets: keys, tokens, passwords. They live in OpenSSL's secure heap (locked, guarded, left out of core dumps) and
 * are wiped when they go. There is no other type for them, and nothing prints one. */
#ifndef SECRET_H
#define SECRET_H

#include "buf.h"
#include "world.h"

#define SECRET_MAX ((size_t)64 << 10)
#define KEY_SIZE   32

struct secret {
    size_t len;
    uint8_t bytes[]; /* a NUL is kept behind it, so that a token can be handed on as a C string */
};

/* Sets up the secure heap, makes the process non-dumpable (prctl, RLIMIT_CORE), and gives OpenSSL the wiping heap,
 * since its contexts hold keys, too. Call it first: OpenSSL changes its heap only before its first allocation. Calling
 * it again does nothing. */
enum sealift_status secret_init(struct sealift_error *err);
/* False when the heap could not be locked in memory (RLIMIT_MEMLOCK): worth a warning, not a failure. */
bool secret_heap_is_locked(void);

enum sealift_status secret_new(size_t len, struct secret **ret_secret, struct sealift_error *err); /* zeros */
enum sealift_status secret_copy(struct bytes from, struct secret **ret_secret, struct sealift_error *err);
enum sealift_status secret_random(const struct world *world, size_t len, struct secret **ret_secret,
                                  struct sealift_error *err);
void secret_free(struct secret **secret);

struct bytes secret_bytes(const struct secret *secret);
const char *secret_text(const struct secret *secret);
/* In constant time for equal lengths. */
bool secret_equal(const struct secret *a, const struct secret *b);

/* A small secret from where the admin keeps it: a file (one trailing newline is dropped; readable by others: a warning
 * through the world's logger). Empty is INVALID. */
enum sealift_status secret_from_file(const struct world *world, const char *path, struct secret **ret_secret,
                                     struct sealift_error *err);

#endif
