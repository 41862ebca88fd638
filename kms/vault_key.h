/* A transit key, as the server describes it. It is always read before the first encryption: a token that may "create"
 * would silently make a missing key, and a typo would become a new master key. kms.md, section 1.3. */
#ifndef VAULT_KEY_H
#define VAULT_KEY_H

#include "vault_login.h"

struct vault_key {
    char type[32];
    int64_t latest_version;
    int64_t min_decryption_version;
    bool encrypts; /* supports_encryption */
    bool decrypts;
    bool derived;
    bool soft_deleted;
    bool exportable;
    bool plaintext_backup; /* allow_plaintext_backup */
    bool deletable;        /* deletion_allowed */
};

/* NOT_FOUND, DENIED ... as vault_error() has them; CORRUPT when the answer describes no transit key. */
enum sealift_status vault_key_read(struct vault_login *login, const struct vault_place *place,
                                   struct vault_key *ret_key, struct sealift_error *err);
enum sealift_status vault_key_from_answer(const struct vault_answer *answer, struct vault_key *ret_key,
                                          struct sealift_error *err);

/* KEY, with the reason and the way out, when it cannot wrap and unwrap for us. */
enum sealift_status vault_key_check(const struct vault_key *key, const struct vault_place *place,
                                    struct sealift_error *err);

/* What its admin should know of a key that works: the index counts from 0, NULL when there is no more. */
const char *vault_key_warning(const struct vault_key *key, size_t index);

#endif
