/* By which name a memo remembers an FS key, or one of its wrappings. */
#ifndef MEMO_NAME_H
#define MEMO_NAME_H

#include "digest.h"
#include "envelope.h"

/* The FS key of that check value, by the key records of one bucket: another one may hold a copy of the filesystem, with
 * key records of its own. */
enum sealift_status memo_name_of_key(const char *store_url, const struct uuid *fs,
                                     const uint8_t key_check[KEY_CHECK_SIZE], uint8_t ret_name[SHA256_SIZE],
                                     struct sealift_error *err);

/* A wrapping, wherever it stands: many manifests carry the same. With its hint, which decides who is asked. */
enum sealift_status memo_name_of_wrapping(const struct envelope *envelope, uint8_t ret_name[SHA256_SIZE],
                                          struct sealift_error *err);

#endif
