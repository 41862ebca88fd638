#include "kmip_error.h"

#include "error.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum operations {
    DISCOVER = 1 << 0,
    QUERY = 1 << 1,
    ATTRIBUTES = 1 << 2,
    ENCRYPT = 1 << 3,
    DECRYPT = 1 << 4,
    CRYPT = ENCRYPT | DECRYPT,
    KEY = ATTRIBUTES | CRYPT,
    NO_CRYPT = DISCOVER | QUERY | ATTRIBUTES,
    NO_DECRYPT = NO_CRYPT | ENCRYPT,
    ANY = NO_CRYPT | CRYPT,
};

static const struct {
    enum kmip_operation operation;
    enum operations bit;
    const char *words; /* with the key behind them, where there is one */
} operations[] = {
    {KMIP_DISCOVER_VERSIONS, DISCOVER, "discover versions"},
    {KMIP_QUERY, QUERY, "query"},
    {KMIP_GET_ATTRIBUTES, ATTRIBUTES, "get the attributes of key"},
    {KMIP_ENCRYPT, ENCRYPT, "encrypt with key"},
    {KMIP_DECRYPT, DECRYPT, "decrypt with key"},
};

static size_t
index_of(enum kmip_operation operation)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (operations[i].operation == operation)
            return i;
    }
    assert(false); /* an operation that sealift does not use */
    return 0;
}

/* Any of those that servers use alike for a key's state and for a client's rights; the text tells them apart. */
#define REFUSAL UINT32_MAX

/* Any of those of kmip_error_is_about_mode(). */
#define OF_MODE (UINT32_MAX - 1)

/* Sentences that several rows share. */
#define NO_SUCH_KEY                                                                                                    \
    "there is no such key: the unique identifier is wrong, the key was destroyed, or this client may not see it; "     \
    "sealift never creates one"

#define NOT_ACTIVE                                                                                                     \
    "the key is not Active: a new one has to be activated by the KMS's admin, and one that was deactivated, revoked "  \
    "or destroyed does not come back: make another one known with \"sealift kms set kmip\""

#define PRE_ACTIVE "the key is Pre-Active: have the KMS's admin activate it"

#define RETIRED                                                                                                        \
    "make another one known with \"sealift kms set kmip\"; whether this one may still decrypt is for the KMS's admin " \
    "to decide"

#define DESTROYED "the key is destroyed: only a backup of the server can bring it, and what it wrapped, back"

#define LACKS_USE "the key's Cryptographic Usage Mask lacks Encrypt or Decrypt: have both set, or use another key"

#define NOT_SYMMETRIC "it is no symmetric key: use one for AES"

#define ALLOW_KEY                                                                                                      \
    "refused: have the KMS's admin allow this client to get the attributes of this key, to encrypt and to decrypt "    \
    "with it"

#define ALLOW_IT "refused: have the KMS's admin allow it to this client"

#define ATTESTATION "the server wants attestation, which sealift has not: have this client exempted"

#define VERSION_REFUSED                                                                                                \
    "the server does not take the request in this version of KMIP: pin another one with --kmip-version, or have the "  \
    "server upgraded"

/* How a Decrypt fails is what a padding oracle listens to (Vaudenay 2002): damage of the padding, of the tag and of the
 * ciphertext, another key, and parameters that do not belong to it, all sound the same, whatever the server tells. So
 * does Operation Not Supported: it is what Cosmian's KMS says for any failure that it has no reason for. */
#define DOES_NOT_OPEN                                                                                                  \
    "it does not open: it is damaged, another key encrypted it, or this server does not decrypt, or not in its mode; " \
    "the server's own log may say more"

/* The first row that fits counts. A text of "" fits any answer, one without a text too. */
static const struct row {
    enum operations operations;
    uint32_t reason;
    const char *text;
    enum sealift_status meaning;
    const char *sentence;
} rows[] = {
    /* A key's state and what it is for, as texts tell: PyKMIP answers all of them with Permission Denied. */
    {CRYPT, REFUSAL, "pre-active", SEALIFT_KEY, PRE_ACTIVE},
    {CRYPT, REFUSAL, "preactive", SEALIFT_KEY, PRE_ACTIVE},
    {CRYPT, REFUSAL, "active state", SEALIFT_KEY, NOT_ACTIVE},
    {CRYPT, REFUSAL, "not active", SEALIFT_KEY, NOT_ACTIVE},
    {CRYPT, REFUSAL, "destroyed", SEALIFT_KEY, DESTROYED},
    {CRYPT, REFUSAL, "compromised", SEALIFT_KEY, "the key is marked as compromised: " RETIRED},
    {CRYPT, REFUSAL, "deactivated", SEALIFT_KEY, "the key is Deactivated and encrypts no more: " RETIRED},
    {CRYPT, REFUSAL, "usage mask", SEALIFT_KEY, LACKS_USE},
    {KEY, REFUSAL, "not a symmetric key", SEALIFT_KEY, NOT_SYMMETRIC},
    {KEY, REFUSAL, "could not locate", SEALIFT_DENIED,
     "there is no such key for this client: another one owns it (who we are is what the client certificate says), or "
     "it does not exist; have the KMS's admin let this client use it"},

    /* The key, as reasons tell. */
    {KEY, KMIP_REASON_ITEM_NOT_FOUND, "", SEALIFT_NOT_FOUND, NO_SUCH_KEY},
    {KEY, KMIP_REASON_OBJECT_NOT_FOUND, "", SEALIFT_NOT_FOUND, NO_SUCH_KEY},
    {KEY, KMIP_REASON_OBJECT_DESTROYED, "", SEALIFT_KEY, DESTROYED},
    {KEY, KMIP_REASON_OBJECT_ARCHIVED, "", SEALIFT_KEY,
     "the key is archived: have the KMS's admin recover it from the archive"},
    {KEY, KMIP_REASON_KEY_VALUE_NOT_PRESENT, "", SEALIFT_KEY,
     "the server knows of the key, but its value is kept elsewhere: have the KMS's admin bring it back"},
    {KEY, KMIP_REASON_WRAPPING_OBJECT_ARCHIVED, "", SEALIFT_KEY,
     "the key that wraps this key on the server is archived: have the KMS's admin recover it"},
    {KEY, KMIP_REASON_WRAPPING_OBJECT_DESTROYED, "", SEALIFT_KEY,
     "the key that wraps this key on the server is destroyed: only a backup of the server can bring it back"},
    {KEY, KMIP_REASON_WRAPPING_OBJECT_NOT_FOUND, "", SEALIFT_KEY,
     "the key that wraps this key on the server is missing: only a backup of the server can bring it back"},
    {KEY, KMIP_REASON_INCOMPATIBLE_CRYPTOGRAPHIC_USAGE_MASK, "", SEALIFT_KEY, LACKS_USE},
    {KEY, KMIP_REASON_WRONG_KEY_LIFECYCLE_STATE, "", SEALIFT_KEY, NOT_ACTIVE},
    {KEY, KMIP_REASON_ILLEGAL_OBJECT_TYPE, "", SEALIFT_KEY, NOT_SYMMETRIC},
    {KEY, KMIP_REASON_INVALID_OBJECT_TYPE, "", SEALIFT_KEY, NOT_SYMMETRIC},
    {KEY, KMIP_REASON_USAGE_LIMIT_EXCEEDED, "", SEALIFT_KEY,
     "the key's usage limit is used up: have the KMS's admin raise it, or use another key"},
    {KEY, KMIP_REASON_ILLEGAL_OPERATION, "", SEALIFT_KEY,
     "the server does not let this key be used so: it may not be Active, or be meant for something else"},
    {KEY, KMIP_REASON_CONSTRAINT_VIOLATION, "", SEALIFT_KEY,
     "a constraint on this key or this client forbids it: have the KMS's admin lift it"},
    {KEY, KMIP_REASON_PERMISSION_DENIED, "", SEALIFT_DENIED,
     ALLOW_KEY "; whether it is Active, and its usage mask has Encrypt and Decrypt, may be the reason, too"},
    {KEY, KMIP_REASON_NOT_AUTHORISED, "", SEALIFT_DENIED, ALLOW_KEY},

    /* What any request may meet. */
    {ANY, KMIP_REASON_AUTHENTICATION_NOT_SUCCESSFUL, "", SEALIFT_DENIED,
     "the server does not accept who we are: the client certificate has to be known to it and be one for client "
     "authentication (extendedKeyUsage clientAuth), and it may want --username and --password-file"},
    {ANY, KMIP_REASON_BAD_PASSWORD, "", SEALIFT_DENIED,
     "the password is not accepted: look into the file of --password-file"},
    {ANY, KMIP_REASON_ATTESTATION_REQUIRED, "", SEALIFT_DENIED, ATTESTATION},
    {ANY, KMIP_REASON_ATTESTATION_FAILED, "", SEALIFT_DENIED, ATTESTATION},
    {ANY, KMIP_REASON_PERMISSION_DENIED, "", SEALIFT_DENIED, ALLOW_IT},
    {ANY, KMIP_REASON_NOT_AUTHORISED, "", SEALIFT_DENIED, ALLOW_IT},
    {NO_DECRYPT, KMIP_REASON_OPERATION_NOT_SUPPORTED, "", SEALIFT_INVALID,
     "the server does not offer this operation, or not to this client: it has to have Get Attributes, Encrypt and "
     "Decrypt"},
    {ANY, KMIP_REASON_INVALID_MESSAGE, "", SEALIFT_INVALID, VERSION_REFUSED},
    {ANY, KMIP_REASON_CODEC_ERROR, "", SEALIFT_INVALID, VERSION_REFUSED},
    {ANY, KMIP_REASON_UNSUPPORTED_PROTOCOL_VERSION, "", SEALIFT_INVALID, VERSION_REFUSED},
    {NO_CRYPT, KMIP_REASON_UNKNOWN_ENUMERATION, "", SEALIFT_INVALID, VERSION_REFUSED},
    {NO_CRYPT, KMIP_REASON_UNKNOWN_MESSAGE_EXTENSION, "", SEALIFT_INVALID, VERSION_REFUSED},
    {NO_CRYPT, KMIP_REASON_UNKNOWN_TAG, "", SEALIFT_INVALID, VERSION_REFUSED},
    {ANY, KMIP_REASON_RESPONSE_TOO_LARGE, "", SEALIFT_INTERNAL,
     "the server finds its answer too large, though sealift sets no limit: report it"},
    {ANY, KMIP_REASON_SERVER_LIMIT_EXCEEDED, "", SEALIFT_UNAVAILABLE,
     "the server is at a limit: try again later, or have the limit raised"},
    {ANY, KMIP_REASON_INTERNAL_SERVER_ERROR, "", SEALIFT_UNAVAILABLE,
     "the server has trouble of its own: try again later, and look into its log"},

    /* The mode. */
    {ENCRYPT, OF_MODE, "", SEALIFT_KEY, "the server does not encrypt in this mode, or not with these parameters"},
};

static bool
says(const struct kmip_answer *answer, const char *text)
{
    return strcasestr(answer->message, text) != NULL;
}

static bool
is_refusal(uint32_t reason)
{
    return reason == KMIP_REASON_ILLEGAL_OPERATION || reason == KMIP_REASON_PERMISSION_DENIED ||
           reason == KMIP_REASON_NOT_AUTHORISED || reason == KMIP_REASON_WRONG_KEY_LIFECYCLE_STATE;
}

static bool
has_reason(const struct row *row, const struct kmip_answer *answer)
{
    switch (row->reason) {
    case REFUSAL:
        return is_refusal(answer->reason);
    case OF_MODE:
        return kmip_error_is_about_mode(answer);
    default:
        return row->reason == answer->reason;
    }
}

static bool
fits(const struct row *row, enum operations operation, const struct kmip_answer *answer)
{
    return (row->operations & operation) != 0 && has_reason(row, answer) && says(answer, row->text);
}

static const struct row *
find_row(enum operations operation, const struct kmip_answer *answer)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && answer->status == KMIP_OPERATION_FAILED; i++) {
        if (fits(&rows[i], operation, answer))
            return &rows[i];
    }
    return NULL;
}

/* What no row knows: by its status, then by what was asked. */
static struct row
judge(enum operations operation, const struct kmip_answer *answer)
{
    if (answer->status == KMIP_OPERATION_PENDING)
        return (struct row){.meaning = SEALIFT_DENIED,
                            .sentence = "the server wants to answer later (some ask a person to approve first), but "
                                        "sealift needs the answer at once: have this client or key exempted"};
    if (answer->status != KMIP_OPERATION_FAILED)
        return (struct row){.meaning = SEALIFT_CORRUPT, .sentence = "the server's answer makes no sense"};
    if (operation == DECRYPT)
        return (struct row){.meaning = SEALIFT_KEY, .sentence = DOES_NOT_OPEN};
    if (operation == ENCRYPT)
        return (struct row){.meaning = SEALIFT_KEY,
                            .sentence = "the server does not encrypt with this key: look into its log"};
    if (operation == ATTRIBUTES)
        return (struct row){.meaning = SEALIFT_KEY,
                            .sentence = "the server does not describe this key: look into its log"};
    return (struct row){.meaning = SEALIFT_INVALID,
                        .sentence = "the server does not answer such a request: pin another version of KMIP with "
                                    "--kmip-version, and look into its log"};
}

/* "Permission Denied", "reason 0x80000001", "Operation Undone". */
static void
name_result(const struct kmip_answer *answer, char *out, size_t size)
{
    const char *name = kmip_reason_name(answer->reason);

    if (answer->status == KMIP_OPERATION_PENDING)
        snprintf(out, size, "Operation Pending");
    else if (answer->status == KMIP_OPERATION_UNDONE)
        snprintf(out, size, "Operation Undone");
    else if (answer->status != KMIP_OPERATION_FAILED)
        snprintf(out, size, "result status 0x%" PRIx32, answer->status);
    else if (answer->reason == KMIP_REASON_NONE)
        snprintf(out, size, "Operation Failed, without a reason");
    else if (name[0] == '\0')
        snprintf(out, size, "reason 0x%" PRIx32, answer->reason);
    else
        snprintf(out, size, "%s", name);
}

static enum sealift_status
add_answer(const struct kmip_answer *answer, struct sealift_error *err)
{
    char name[64];

    name_result(answer, name, sizeof(name));
    return error_hint(err, "the answer was %s%s%s", name, answer->message[0] != '\0' ? ": " : "", answer->message);
}

/* A server's own words on a Decrypt are shown when a row knows them to be of the key, our rights or the version. */
static bool
keeps_quiet(enum operations operation, const struct row *found, const struct kmip_answer *answer)
{
    return operation == DECRYPT && (found == NULL || answer->reason == KMIP_REASON_INTERNAL_SERVER_ERROR);
}

enum sealift_status
kmip_error(enum kmip_operation operation, const struct kmip_place *place, const struct kmip_answer *answer,
           struct sealift_error *err)
{
    size_t i = index_of(operation);
    enum operations bit = operations[i].bit;
    const struct row *found = find_row(bit, answer);
    struct row row = found != NULL ? *found : judge(bit, answer);
    const char *uid = (bit & KEY) != 0 && place->uid != NULL ? place->uid : "";
    enum sealift_status status;

    assert(answer->status != KMIP_SUCCESS);
    status = error_set(err, row.meaning, "KMIP %s: %s%s%s: %s", place->server, operations[i].words,
                       uid[0] != '\0' ? " " : "", uid, row.sentence);
    return keeps_quiet(bit, found, answer) ? status : add_answer(answer, err);
}

bool
kmip_error_is_passing(const struct kmip_answer *answer)
{
    return answer->status == KMIP_OPERATION_FAILED &&
           (answer->reason == KMIP_REASON_INTERNAL_SERVER_ERROR || answer->reason == KMIP_REASON_SERVER_LIMIT_EXCEEDED);
}

bool
kmip_error_is_about_mode(const struct kmip_answer *answer)
{
    static const uint32_t reasons[] = {
        KMIP_REASON_MISSING_DATA,
        KMIP_REASON_INVALID_FIELD,
        KMIP_REASON_FEATURE_NOT_SUPPORTED,
        KMIP_REASON_BAD_CRYPTOGRAPHIC_PARAMETERS,
        KMIP_REASON_UNSUPPORTED_CRYPTOGRAPHIC_PARAMETERS,
        KMIP_REASON_MISSING_INITIALIZATION_VECTOR,
        KMIP_REASON_UNKNOWN_ENUMERATION,
        KMIP_REASON_UNKNOWN_TAG,
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (answer->status == KMIP_OPERATION_FAILED && answer->reason == reasons[i])
            return true;
    }
    return false;
}
