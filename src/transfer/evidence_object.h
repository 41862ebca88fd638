/* An object that a whole snapshot, or a key, hangs on: what is said of it before it goes. */
#ifndef EVIDENCE_OBJECT_H
#define EVIDENCE_OBJECT_H

#include "digest.h"
#include "names.h"
#include "store.h"

enum evidence_kind { EVIDENCE_MANIFEST, EVIDENCE_KEY_RECORD };
const char *evidence_kind_name(enum evidence_kind kind); /* "manifest", "key-record" */

struct evidence_object {
    enum evidence_kind kind;
    char name[STORE_NAME_MAX];
    struct uuid fs;
    struct uuid upload; /* of a manifest: the second half of its locator */
    uint64_t size;
    bool was_read; /* else the hash is not known */
    uint8_t sha256[SHA256_SIZE];
    bool was_parsed; /* else what follows is not known */
    int64_t made_ns; /* published; of a key record: created */
    uint8_t key_check[KEY_CHECK_SIZE];
    struct sealift_error problem; /* why it could not be read, or makes no sense; OK: it does */
};

/* Reads the object of that name, a manifest or a key record, and describes it. `listed_size` is of the listing. What is
 * damaged, or may not be read, is described as far as it goes. NOT_FOUND: it is gone. INVALID: the name is of another
 * kind. What error_ends_trying(): it could not be looked at now. */
enum sealift_status evidence_object_look(struct store *store, const char *name, uint64_t listed_size,
                                         struct evidence_object *ret_object, struct sealift_error *err);

#endif
