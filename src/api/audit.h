/* The audit log: one line of JSON for each call to a KMS, as docs/JSON.md has it. Several processes append to one file:
 * a line is one write, and stands by itself also where another process was cut off within its own. A call that cannot
 * be recorded fails, and no KMS is asked any more: what cannot be opened fails here, before the first call. */
#ifndef AUDIT_H
#define AUDIT_H

#include "kms.h"

struct audit;

/* `path` is made, with mode 0600, where it is not there. `command`: the words of what runs, "fs add"; NULL: it is a
 * program of its own. */
enum sealift_status audit_open(const struct world *world, const char *path, const char *command,
                               struct audit **ret_audit, struct sealift_error *err);
void audit_free(struct audit **audit);

/* What a KMS tells. */
struct kms_audit *audit_ear(struct audit *audit);

/* Lines about this filesystem have its name, too; the last that is said counts. */
enum sealift_status audit_know(struct audit *audit, const struct uuid *fs, const char *name, struct sealift_error *err);

#endif
