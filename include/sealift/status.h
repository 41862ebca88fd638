/* How a call ended, and what can be done about it.
 *
 * Every function of libsealift that can fail returns one of these. They are grouped by remedy, not by cause: two
 * failures with the same way out have the same status. What exactly failed, on which object, stands in `struct
 * sealift_error`. */
#ifndef SEALIFT_STATUS_H
#define SEALIFT_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif
/* Everything is compiled hidden, except what the headers of this folder declare: they are the list of what libsealift
 * exports. */
#pragma GCC visibility push(default)

#if defined(__STDC_VERSION__) && __STDC_VERSION__ > 201710L
#define SEALIFT_NODISCARD [[nodiscard]]
#else
#define SEALIFT_NODISCARD
#endif

enum SEALIFT_NODISCARD sealift_status {
    SEALIFT_OK = 0,
    SEALIFT_INVALID,     /* the request makes no sense as it stands: correct it */
    SEALIFT_DENIED,      /* someone refused: credentials, policy, permissions */
    SEALIFT_NOT_FOUND,   /* what was named does not exist */
    SEALIFT_CONFLICT,    /* the name is taken, or the state forbids it */
    SEALIFT_UNAVAILABLE, /* a server or the network failed for now: the only one that is worth a retry */
    SEALIFT_CORRUPT,     /* bytes are not what was written */
    SEALIFT_KEY,         /* the key does not open it, or the KMS cannot use its key */
    SEALIFT_IO,          /* this machine's disk or file system failed: full, read-only, unreadable */
    SEALIFT_NO_MEMORY,   /* no memory, or beyond the memory ceiling */
    SEALIFT_CANCELLED,   /* the caller asked to stop */
    SEALIFT_INTERNAL,    /* our own mistake: report it */
};

/* The detail of a failure. Caller-owned and of fixed size: it needs no allocation, and may be copied between threads.
 * `message` is one or more lines of UTF-8 without a final newline; it never holds a secret. */
struct sealift_error {
    enum sealift_status status;
    char message[2044];
};

/* The status's name in lower case, as it stands in JSON: "ok", "invalid", "denied", "not-found" ... */
const char *sealift_status_name(enum sealift_status status);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
