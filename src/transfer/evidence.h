/* Evidence: a file that says which objects are about to go, or would be lost, and then what became of each. JSON lines,
 * on the disk before the deed begins and completed behind it; docs/JSON.md, "Evidence".
 *
 * It is the admin's to keep, where the objects themselves are gone: nothing in it is secret, and nothing needs a key.
 * What it says of an object that was not authenticated is what the object says of itself; its name, size and SHA-256
 * are what was there. */
#ifndef EVIDENCE_H
#define EVIDENCE_H

#include "digest.h"
#include "names.h"
#include "store.h"

enum evidence_kind { EVIDENCE_MANIFEST, EVIDENCE_KEY_RECORD };

/* An object that a whole snapshot, or a key, hangs on. */
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
    uint8_t key_check[SHA256_SIZE];
    struct sealift_error problem; /* why it could not be read, or makes no sense; OK: it does */
};

/* Reads the object of that name, a manifest or a key record, and describes it. `listed_size` is of the listing. What is
 * damaged, or may not be read, is described as far as it goes. NOT_FOUND: it is gone. INVALID: the name is of another
 * kind. What error_ends_trying(): it could not be looked at now. */
enum sealift_status evidence_look(struct store *store, const char *name, uint64_t listed_size,
                                  struct evidence_object *ret_object, struct sealift_error *err);

const char *evidence_kind_name(enum evidence_kind kind); /* "manifest", "key-record" */

struct evidence;

struct evidence_header {
    const char *command;    /* "fs snapshot remove" */
    const char *store;      /* its URL */
    const struct uuid *fs;  /* NULL: not of one alone */
    const char *filesystem; /* its name; NULL or empty: not known */
};

/* Makes the file (mode 0600). CONFLICT: there is one already, which stays as it is. */
enum sealift_status evidence_begin(const struct world *world, const char *path, const struct evidence_header *header,
                                   struct evidence **ret_evidence, struct sealift_error *err);
/* A file that was not settled is taken away again: nothing has been done. */
void evidence_free(struct evidence **evidence);

/* The rest is for any thread, and does nothing when `evidence` is NULL: nobody wants any. */

/* One object; `finding` (may be NULL) is what was found out about it. */
enum sealift_status evidence_add(struct evidence *evidence, const struct evidence_object *object, const char *finding,
                                 struct sealift_error *err);
/* A wrapping of an FS key, and what opens it: what is to be destroyed, something else, or nothing. */
struct evidence_wrapping {
    const char *object; /* the name of what carries it; NULL: the configuration table */
    const struct envelope *envelope;
    const uint8_t *sha256;     /* of the wrapped KEK and the sealed FS key */
    const char *opens;         /* "condemned", "other", "nothing" */
    const struct kms_hint *by; /* the key that opened it just now; NULL: none did, and ... */
    const char *problem;       /* ... this is why */
};
enum sealift_status evidence_wrapping(struct evidence *evidence, const struct evidence_wrapping *wrapping,
                                      struct sealift_error *err);
/* How many there are of each verdict (impact.h). */
struct evidence_verdicts {
    uint64_t dies, survives, claimed, unknown;
    bool safe;
};
enum sealift_status evidence_verdicts(struct evidence *evidence, const struct evidence_verdicts *verdicts,
                                      struct sealift_error *err);
/* All that is said so far is on the disk, with the file's name: now the deed may begin. */
enum sealift_status evidence_settle(struct evidence *evidence, struct sealift_error *err);
/* What became of an object: "deleted", "refused", "absent" (it was gone by then), "kept" (it is needed after all).
 * `problem` may be NULL. */
enum sealift_status evidence_outcome(struct evidence *evidence, const char *name, const char *outcome,
                                     const char *problem, struct sealift_error *err);
/* Objects that are not told one by one: how many of a kind ("data", "tree" ...) are gone, and how many were refused. */
enum sealift_status evidence_total(struct evidence *evidence, const char *kind, uint64_t objects, uint64_t bytes,
                                   uint64_t refused, struct sealift_error *err);
/* The last line: how it ended (`failure` NULL: well), and the SHA-256 of all lines before it. Then the file is synced.
 */
enum sealift_status evidence_end(struct evidence *evidence, const struct sealift_error *failure,
                                 struct sealift_error *err);

#endif
