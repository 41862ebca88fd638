/* Evidence: a file that says which objects are about to go, or would be lost, and then what became of each. JSON lines,
 * on the disk before the deed begins and completed behind it; docs/JSON.md, "Evidence".
 *
 * It is the admin's to keep, where the objects themselves are gone: nothing in it is secret, and nothing needs a key.
 * What it says of an object that was not authenticated is what the object says of itself; its name, size and SHA-256
 * are what was there. */
#ifndef EVIDENCE_H
#define EVIDENCE_H

#include "evidence_object.h"

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
/* The last line: how it ended (`failure` NULL: well), and the SHA-256 of all lines before it. Then the
 * file is synced. */
enum sealift_status evidence_end(struct evidence *evidence, const struct sealift_error *failure,
                                 struct sealift_error *err);

#endif
