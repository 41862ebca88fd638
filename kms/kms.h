/* The contract of a key management system: it wraps and unwraps 32-byte KEKs, and that is all it ever sees. Real ones:
 * vault (HashiCorp Vault and OpenBao transit), kmip (any KMIP 1.2 to 2.1 server) and local.
 *
 * Any thread may call. Statuses: DENIED (credentials, policy), NOT_FOUND (key, mount or namespace), UNAVAILABLE
 * (sealed, down, after the retries), KEY (the KMS refuses or cannot open this blob; the key cannot encrypt), CORRUPT
 * (an answer that makes no sense). */
#ifndef KMS_H
#define KMS_H

#include "envelope.h"
#include "kms_config.h"

#include <stdatomic.h>

struct kms;

/* What the KMS is asked for: in, whose keys these are; out, what the audit log tells of it. One errand a call. */
struct kms_errand {
    struct uuid fs;       /* zero: none */
    struct uuid snapshot; /* zero: none */

    struct kms_hint by;    /* out: the key that did it, its version as the ciphertext has it: proven, not claimed */
    char request_ids[256]; /* out: the KMS's own names for what was sent, with spaces between; those that fit */

    /* The calls below say it to the KMS. */
    bool once;        /* each server once, and no waiting, for they do that */
    int64_t until_ns; /* how long they do, on the monotonic clock: no try is to take longer; 0: they do not */
};

/* Adds one; anything but a plain word is left out. */
void kms_errand_note(struct kms_errand *errand, const char *request_id);

/* What came of one call to the KMS. */
struct kms_event {
    const char *operation; /* "wrap", "unwrap", "rewrap", "read-key", "check" */
    const char *type;
    const struct kms_errand *errand; /* its `by`: of a failure, the key that was meant */
    enum sealift_status status;
    const char *message; /* of a failure; never a secret */
};
/* Any thread. */
struct kms_audit {
    /* Before each call: whether it could be told of. A failure is the call's, and the KMS is not asked.
     * NULL: always. */
    enum sealift_status (*ready)(struct kms_audit *audit, struct sealift_error *err);
    /* After it. A failure is the call's, whatever the KMS said, and what it gave is not handed out. */
    enum sealift_status (*note)(struct kms_audit *audit, const struct kms_event *event, struct sealift_error *err);
};

/* As `ready`. Who goes through many asks this after one that failed: not OK, that says nothing of the one, and the next
 * would fare the same, so all work ends with it. OK leaves `err` as it is. `audit` may be NULL. */
enum sealift_status kms_audit_ready(struct kms_audit *audit, struct sealift_error *err);

/* What a type that counts versions says of a key. Zero: not known, or the type has none. */
struct kms_key_state {
    int64_t latest_version, min_decryption_version;
};

/* One call that we need, tried: what it is for, what came of it, what to ask the KMS's admin for. */
struct kms_finding {
    const char *call; /* "log in with AppRole", "read the key", "wrap", "unwrap", "rewrap" ... */
    bool ok;
    bool warning;        /* works, but the admin should know ("the key may be exported") */
    const char *message; /* the result, or the refusal and what to ask for */
};
typedef void kms_each_finding(void *context, const struct kms_finding *finding);

struct kms_ops {
    const char *type;
    /* Wraps; *ret_hint says where; the wrapped text (printable ASCII, at most WRAPPED_KEK_MAX) is appended to *out. */
    enum sealift_status (*wrap)(struct kms *kms, struct kms_errand *errand, const struct secret *kek,
                                struct kms_hint *ret_hint, struct buf *out, struct sealift_error *err);
    /* Unwraps with the key that is configured and, in the same namespace, the key that the hint names, whichever opens
     * it; errand->by says which. A hint that names a namespace without credentials is DENIED, naming the namespace and
     * key that the snapshot needs. */
    enum sealift_status (*unwrap)(struct kms *kms, struct kms_errand *errand, const struct kms_hint *hint,
                                  const char *wrapped_kek, struct secret **ret_kek, struct sealift_error *err);
    /* Under the newest version of the configured key, without the KEK leaving the KMS: for what that key wrapped. NULL:
     * the type has no such call. */
    enum sealift_status (*rewrap)(struct kms *kms, struct kms_errand *errand, const char *wrapped_kek,
                                  struct kms_hint *ret_hint, struct buf *out, struct sealift_error *err);
    /* Of the configured key. NULL: the type has no versions. */
    enum sealift_status (*key_state)(struct kms *kms, struct kms_errand *errand, struct kms_key_state *ret_state,
                                     struct sealift_error *err);
    /* Tries each call that we need and reports each; returns the first failure. */
    enum sealift_status (*check)(struct kms *kms, struct kms_errand *errand, kms_each_finding *each, void *context,
                                 struct sealift_error *err);
    /* Renews what the KMS lends for a time (a token), when that is due, and lets go of what nobody uses (a connection);
     * NULL: there is neither. */
    void (*keep_alive)(struct kms *kms);
    /* Puts what check() found out about the server into the configuration that is to be stored; NULL: nothing. */
    void (*learned)(struct kms *kms, struct kms_config *config);
    void (*free)(struct kms *kms);
};

struct kms {
    const struct kms_ops *ops;
    const struct world *world;
    /* Where it wraps: type, namespace, mount, key; a local key that is not made yet has no name. */
    struct kms_hint place;
    struct kms_audit *audit; /* hears of each call below; NULL: nobody does */
    /* From its beginning each call below may take so long while the KMS is not there, the type's own retries included;
     * it is tried once at least, and the last try has a few seconds for each server whatever is left. What a server
     * says of when it may be asked again is heeded within that time. 0: only the type's own retries. */
    int64_t wait_seconds;
    /* When it was not there for one call, those of the next minute try it once, and do not wait: of many, all would. */
    bool impatient;

    /* For who is impatient. Ends of a minute are on the monotonic clock; 0: it was there. */
    _Atomic int64_t away_until_ns;   /* one call waited in vain, or tried while nobody waits */
    _Atomic int64_t silent_until_ns; /* and got no answer for long: until then it is not even tried */
    atomic_bool is_waited_for;       /* by one call, for all others */
};

/* Logs in when first used, not here. `home` is the folder of the local KMS's key file. `world` must outlive the KMS. */
enum sealift_status kms_open(const struct world *world, const struct kms_config *config, const char *home,
                             struct kms **ret_kms, struct sealift_error *err);
void kms_free(struct kms **kms);

/* Whether the hint names exactly where this KMS wraps: type, namespace, mount and key. */
bool kms_is_place_of(const struct kms_hint *place, const struct kms_hint *hint);

enum sealift_status kms_wrap(struct kms *kms, struct kms_errand *errand, const struct secret *kek,
                             struct kms_hint *ret_hint, struct buf *out, struct sealift_error *err);
enum sealift_status kms_unwrap(struct kms *kms, struct kms_errand *errand, const struct kms_hint *hint,
                               const char *wrapped_kek, struct secret **ret_kek, struct sealift_error *err);
/* INVALID when the type has none: see kms_can_rewrap(). */
enum sealift_status kms_rewrap(struct kms *kms, struct kms_errand *errand, const char *wrapped_kek,
                               struct kms_hint *ret_hint, struct buf *out, struct sealift_error *err);
bool kms_can_rewrap(const struct kms *kms);
/* Zeroes for a type without versions. */
enum sealift_status kms_key_state(struct kms *kms, struct kms_errand *errand, struct kms_key_state *ret_state,
                                  struct sealift_error *err);
enum sealift_status kms_check(struct kms *kms, kms_each_finding *each, void *context, struct sealift_error *err);
/* The same for who wants to know no more than whether it will do: unlike kms_check() it waits. */
enum sealift_status kms_try(struct kms *kms, struct sealift_error *err);
/* After either: what it found out (a KMIP server's version and mode) goes into *config, so that later processes
 * need not ask again. */
void kms_learned(struct kms *kms, struct kms_config *config);

/* For long work, every minute or so: between the KEK's unwrapping and the last look at the KMS before a manifest is
 * published hours may pass, and a token that nobody renews would be gone by then. Cheap when nothing is due; a failure
 * is a warning in the log, and the next call that needs the token tells the rest. */
void kms_keep_alive(struct kms *kms);

#endif
