/* What a check of a KMS tells, call by call, and the first failure among it. */
#ifndef FINDINGS_H
#define FINDINGS_H

#include "kms.h"

struct findings {
    kms_each_finding *each;
    void *context;
    enum sealift_status status; /* the first failure */
    struct sealift_error error;
};

/* What is told of a call that worked. */
struct finding_note {
    bool warning;
    char message[2560]; /* the longest address, and what an error says */
};
[[gnu::format(printf, 2, 3)]] void finding_note_down(struct finding_note *note, const char *format, ...);

void findings_tell(struct findings *findings, const char *call, bool ok, bool warning, const char *message);

/* A call that ended with `status`: tells the note, or the error, and remembers that. True when it worked. */
bool findings_add(struct findings *findings, const char *call, enum sealift_status status,
                  const struct finding_note *note, const struct sealift_error *error);

/* OK, or the first failure. */
enum sealift_status findings_end(const struct findings *findings, struct sealift_error *err);

#endif
