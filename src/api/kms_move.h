/* A move from one KMS to another that has not ended, as the table has it: what is still needed, by whom, and what is to
 * be done about it. */
#ifndef KMS_MOVE_H
#define KMS_MOVE_H

#include "kms_config.h"

#include <stdint.h>

struct sealift;

struct kms_move {
    const char *former_type;  /* of the one that filesystems move from; NULL: nothing is moving */
    struct kms_config former; /* of several the latest; the local one, which needs no server, after all others */
    int64_t moving;           /* filesystems that were not shown to be at the KMS in force */
    char names[512];          /* theirs, a few, with commas between */
    char advice[2048];        /* empty: nothing is moving */
};

enum sealift_status kms_move_find(struct sealift *sealift, struct kms_move *ret_move, struct sealift_error *err);

/* Puts the advice behind the message of `err`, where there is some. Returns the status of `err`. */
enum sealift_status kms_move_hint(struct sealift *sealift, struct sealift_error *err);

#endif
