/* What uploads, downloads and verifications have in common: how hard they may work, and how they tell what they do. */
#ifndef SEALIFT_TRANSFER_H
#define SEALIFT_TRANSFER_H

#include <sealift/obs.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct sealift_progress {
    const char *stage; /* "upload", "confirm", "publish", "preview", "download", "finish", "verify", "remove", "drill",
                          "impact"; "" before */
    uint64_t entries, files;
    uint64_t bytes;         /* of file contents, done */
    uint64_t bytes_total;   /* 0: not known (yet) */
    uint64_t entries_total; /* 0: not known (yet) */
    uint64_t transferred;   /* bytes that went over the wire */
    double seconds;         /* since the beginning */
};

enum sealift_notice {
    SEALIFT_NOTICE_MISSING,
    SEALIFT_NOTICE_CHANGED,
    SEALIFT_NOTICE_MOUNT,
    SEALIFT_NOTICE_DEGRADED,
    SEALIFT_NOTICE_EXCLUDED, /* many, and all of them wanted */
    SEALIFT_NOTICE_OTHER
};

struct sealift_transfer_options {
    unsigned workers;     /* threads that compress and seal, or open and write; 0: one a core, at most 16 */
    unsigned connections; /* transfers at once; 0: 8, less under a low memory ceiling */
    /* About four times a second, and at the end; one call at a time, on a thread of ours. */
    void (*progress)(void *context, const struct sealift_progress *progress);
    /* About one path (bytes, below the root; shown as they are); one call at a time. */
    void (*notice)(void *context, enum sealift_notice notice, const char *path, const char *reason);
    void *context;
};

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
