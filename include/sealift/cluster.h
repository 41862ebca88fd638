/* The cluster: one configuration table in a home folder, and everything that is done through it.
 *
 * A `struct sealift` may be used by one thread at a time; the work that it does inside runs on many. sealift_cancel()
 * may be called from any thread and from a signal handler. Strings in option structs are borrowed for the call; NULL
 * (and zero) is the sensible default unless said otherwise. Strings in results belong to the result and live as long as
 * the callback that is given them, or as the struct says. Times are nanoseconds since 1970, UTC. Sizes are bytes. */
#ifndef SEALIFT_CLUSTER_H
#define SEALIFT_CLUSTER_H

#include <sealift/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct sealift;

enum sealift_log_level { SEALIFT_LOG_DEBUG, SEALIFT_LOG_INFO, SEALIFT_LOG_WARNING };

struct sealift_options {
    const char *home; /* NULL: $SEALIFT_HOME, else /var/lib/sealift for root, else $XDG_STATE_HOME/sealift, else
                         ~/.local/state/sealift */
    size_t memory;    /* the ceiling of transfers; 0: 256 MiB; at least 64 MiB */
    enum sealift_log_level log_level;
    void (*log)(void *context, enum sealift_log_level level,
                const char *line); /* any thread; NULL: nobody listens. Never a secret */
    void *log_context;
    const char *audit_log; /* a line for each call to a KMS; NULL: "audit.log" in the home; "none": no file. A call that
                              cannot be recorded fails */
    const char *command;   /* what the audit log says is done here: "fs add"; NULL: nothing */
    int64_t kms_wait_seconds; /* how long each call to a KMS that is away is repeated; 0: not at all */
};

/* Makes the process non-dumpable and sets up the locked heap for keys. The table is opened by the first call that needs
 * it, which makes home (mode 0700) and table when they are not there; such a call may end with INVALID (a table of a
 * later version), DENIED (others may write to the home), CORRUPT or IO. What a bucket holds can be listed, verified by
 * locator and URL without. */
enum sealift_status sealift_open(const struct sealift_options *options, struct sealift **ret_sealift,
                                 struct sealift_error *err);
void sealift_close(struct sealift **sealift);

/* Asks what runs, and all that comes after, to stop: it returns CANCELLED soon. Async-signal-safe. */
void sealift_cancel(struct sealift *sealift);

/* "0.1.0", and the highest format version that is read and written. */
const char *sealift_version(void);
int sealift_format_version(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
