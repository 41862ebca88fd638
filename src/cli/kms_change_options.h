/* The options of what puts another KMS in force. */
#ifndef KMS_CHANGE_OPTIONS_H
#define KMS_CHANGE_OPTIONS_H

#include "option.h"

#include <sealift/kms.h>

/* They fill a struct sealift_kms_change. */
extern const struct option kms_change_options[];

/* For whoever stopped it. */
#define KMS_CHANGE_INTERRUPTED                                                                                         \
    "What has moved stays so, and the rest opens as before. `sealift kms` shows what is still moving; give the same "  \
    "command again to go on."

/* What becomes of filesystems: for the description of such a command. */
#define KMS_CHANGE_DESCRIPTION                                                                                         \
    "Filesystems that exist move to it, one after the other, with all their uploaded snapshots: what it opens "        \
    "already "                                                                                                         \
    "(a restored server, a moved mount) through it alone, all else through the KMS before, or the local key, which "   \
    "is "                                                                                                              \
    "kept until the last has moved. Nothing is uploaded again, and live encrypted filesystems stay unlocked. One "     \
    "that "                                                                                                            \
    "cannot be moved does not keep the others from it. After a failure, or a kill, the same command goes on; "         \
    "`sealift "                                                                                                        \
    "kms` shows what is still moving.\n\n"                                                                             \
    "The local key's file is destroyed when nothing in the table or in the object stores hangs on it."

#endif
