/* What a KMIP server answers, without a network: Discover Versions, Query, Get Attributes, Encrypt and Decrypt of KMIP
 * 1.2 to 2.1, with real AES under keys that it holds. It reads a request as strictly as any server does: fields in the
 * order of the specification and no others, zero padding, Cryptographic Algorithm always, Tag Length for GCM. */
#ifndef SCRIPTED_KMIP_MODEL_H
#define SCRIPTED_KMIP_MODEL_H

#include "scripted_ttlv.h"

#define SCRIPTED_KMIP_VERSIONS 8
#define SCRIPTED_KMIP_KEYS     4

/* How a version that it has not is refused. */
enum scripted_refusal {
    SCRIPTED_REFUSES_LIKE_PYKMIP, /* Invalid Message (4), in a header that says 1.0 */
    SCRIPTED_REFUSES_ECHOING,     /* the same, in the request's version (Cosmian) */
    SCRIPTED_REFUSES_BY_NAME,     /* Unsupported Protocol Version (3f), in its own first version */
    SCRIPTED_REFUSES_CLOSING,     /* not a byte: the connection is closed */
};

/* Where the tag of GCM is. */
enum scripted_tag {
    SCRIPTED_TAG_USUAL,    /* a field of its own from 1.4 on, at the end of Data before */
    SCRIPTED_TAG_FIELD,    /* a field of its own in every version */
    SCRIPTED_TAG_APPENDED, /* at the end of Data in every version */
    SCRIPTED_TAG_COSMIAN,  /* a field of its own from 1.3 on, at the end of Data in 1.2 */
    SCRIPTED_TAG_PYKMIP,   /* a field of its own from 1.4 on, lost before */
    SCRIPTED_TAG_LOST,     /* lost in every version */
};

/* Who makes the IV. */
enum scripted_iv {
    SCRIPTED_IV_ANY,       /* the client's where there is one, else its own, which it tells */
    SCRIPTED_IV_OURS,      /* its own alone: the client's is refused */
    SCRIPTED_IV_CLIENTS,   /* the client's alone: without one, Missing Initialization Vector (34) */
    SCRIPTED_IV_FORGOTTEN, /* as ANY, but its own is not told */
};

/* What Get Attributes leaves out. */
enum scripted_omission {
    SCRIPTED_OMITS_TYPE = 1,
    SCRIPTED_OMITS_ALGORITHM = 2,
    SCRIPTED_OMITS_LENGTH = 4,
    SCRIPTED_OMITS_MASK = 8,
    SCRIPTED_OMITS_STATE = 16,
};

struct scripted_key {
    const char *uid;
    uint8_t material[32]; /* zeros will do */
    size_t len;           /* 0: 32 bytes */
    uint32_t object_type; /* 0: Symmetric Key (2) */
    uint32_t algorithm;   /* 0: AES (3) */
    uint32_t state;       /* 0: Active (2). Encrypt wants Active, and so does Decrypt unless the model is lenient */
    bool has_mask;        /* else Encrypt and Decrypt (0c) */
    int32_t mask;
    int64_t activation, process_start, protect_stop, deactivation; /* seconds since 1970; 0: none. Only told. */
    unsigned omits;                                                /* enum scripted_omission */
};

/* The zero value is a server that can do everything, in the way of the specification, with a key "1". */
struct scripted_kmip_model {
    uint16_t versions[SCRIPTED_KMIP_VERSIONS]; /* 0x0104 is 1.4; up to the first 0; none: 1.2 to 2.1 */
    enum scripted_refusal refusal;
    struct scripted_key keys[SCRIPTED_KMIP_KEYS]; /* up to the first without a UID; none: UID "1", AES-256, Active */
    bool uses_inactive;                           /* Decrypt also with a key that is Deactivated or Compromised */
    uint32_t state_reason;                        /* of refusing a state; 0: Permission Denied (c) */

    bool without_gcm, without_cbc;
    uint32_t mode_reason; /* of refusing a mode; 0: Invalid Field (7) */
    enum scripted_iv gcm_iv, cbc_iv;
    size_t gcm_iv_len; /* of its own; 0: 12 */
    bool steady_iv;    /* its own is always 01 02 03 ..., so that its answers are always the same */
    enum scripted_tag tag;
    bool refuses_later_fields; /* AAD and Tag before 1.4: Invalid Message, as PyKMIP does */
    bool ignores_damage;       /* GCM is decrypted without a look at the tag, CBC without one at the padding */
    bool damages;              /* Decrypt gives back something else, and Success */
    uint32_t damage_reason;    /* of a Decrypt that fails; 0: Cryptographic Failure (a) */

    bool query_without_encrypt, query_without_decrypt, query_without_get_attributes;
    uint32_t query_reason; /* not 0: Query is refused for it */
    uint32_t discover_reason;
    uint32_t get_attributes_reason;
    const char *vendor; /* NULL: "scripted" */

    const char *username, *password; /* demanded: else Authentication Not Successful (3). NULL: none is looked at */
    bool server_correlation;         /* tells a Server Correlation Value */
    bool without_time_stamp;         /* its headers have one otherwise */
};

/* What a request was. */
struct scripted_seen {
    uint16_t version;                        /* 0x0104; 0: it was not understood */
    uint32_t operation;                      /* 0x1e ...; 0: it was not understood */
    char complaint[SCRIPTED_COMPLAINT_SIZE]; /* what a strict server has against its bytes; empty: nothing */
};

/* Appends the answer; nothing: the connection is to be closed. */
void scripted_kmip_answer(const struct scripted_kmip_model *model, const uint8_t *request, size_t len,
                          struct scripted_ttlv *answer, struct scripted_seen *ret_seen);

#endif
