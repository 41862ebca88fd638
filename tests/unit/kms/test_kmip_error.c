#include "kmip_error.h"

#include "utf8.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct sealift_error err;
static const struct kmip_place place = {"kmip.example:5696", "4711"};

static struct kmip_answer
failed(uint32_t reason, const char *text)
{
    struct kmip_answer answer = {.status = KMIP_OPERATION_FAILED, .reason = reason};

    snprintf(answer.message, sizeof(answer.message), "%s", text);
    return answer;
}

static enum sealift_status
explain(enum kmip_operation operation, const struct kmip_answer *answer)
{
    enum sealift_status status = kmip_error(operation, &place, answer, &err);

    cr_assert_eq(err.status, status);
    return status;
}

/* --- What each reason means --- */

#define DISCOVER   KMIP_DISCOVER_VERSIONS
#define QUERY      KMIP_QUERY
#define ATTRIBUTES KMIP_GET_ATTRIBUTES
#define ENCRYPT    KMIP_ENCRYPT
#define DECRYPT    KMIP_DECRYPT

/* As PyKMIP 0.11 words them. */
#define PYKMIP_STATE "The encryption key must be in the Active state to be used for encryption."
#define PYKMIP_MASK  "The Encrypt bit must be set in the encryption key's cryptographic usage mask."
#define PYKMIP_TYPE                                                                                                    \
    "The requested decryption key is not a symmetric key. Only symmetric decryption is currently supported."
#define PYKMIP_LOCATE "Could not locate object: 4711"

static const struct {
    enum kmip_operation operation;
    uint32_t reason;
    const char *text;
    enum sealift_status meaning;
    const char *says;
} cases[] = {
    /* By their texts. */
    {ENCRYPT, 0x0c, PYKMIP_STATE, SEALIFT_KEY, "is not Active"},
    {DECRYPT, 0x0c, "The decryption key must be in the Active state to be used for decryption.", SEALIFT_KEY,
     "is not Active"},
    {ENCRYPT, 0x0b, "the key is not active", SEALIFT_KEY, "is not Active"},
    {ENCRYPT, 0x0c, "object is in the Pre-Active state", SEALIFT_KEY, "is Pre-Active: have the KMS's admin activate"},
    {ENCRYPT, 0x43, "state: PreActive", SEALIFT_KEY, "is Pre-Active"},
    {ENCRYPT, 0x0c, "Object is Deactivated", SEALIFT_KEY, "encrypts no more"},
    {DECRYPT, 0x39, "key COMPROMISED", SEALIFT_KEY, "marked as compromised"},
    {DECRYPT, 0x0c, "key was destroyed on Monday", SEALIFT_KEY, "only a backup"},
    {ENCRYPT, 0x0c, PYKMIP_MASK, SEALIFT_KEY, "lacks Encrypt or Decrypt"},
    {DECRYPT, 0x0c, PYKMIP_TYPE, SEALIFT_KEY, "no symmetric key"},
    {DECRYPT, 0x0c, PYKMIP_LOCATE, SEALIFT_DENIED, "another one owns it"},
    {ATTRIBUTES, 0x0c, PYKMIP_LOCATE, SEALIFT_DENIED, "another one owns it"},

    /* The key, by reason. */
    {ATTRIBUTES, 0x01, PYKMIP_LOCATE, SEALIFT_NOT_FOUND, "sealift never creates one"},
    {ENCRYPT, 0x01, "", SEALIFT_NOT_FOUND, "unique identifier is wrong"},
    {DECRYPT, 0x37, "", SEALIFT_NOT_FOUND, "unique identifier is wrong"},
    {DECRYPT, 0x36, "", SEALIFT_KEY, "is destroyed"},
    {DECRYPT, 0x0d, "", SEALIFT_KEY, "recover it from the archive"},
    {ENCRYPT, 0x13, "", SEALIFT_KEY, "its value is kept elsewhere"},
    {ENCRYPT, 0x40, "", SEALIFT_KEY, "wraps this key on the server is archived"},
    {ENCRYPT, 0x41, "", SEALIFT_KEY, "wraps this key on the server is destroyed"},
    {ENCRYPT, 0x42, "", SEALIFT_KEY, "wraps this key on the server is missing"},
    {DECRYPT, 0x29, "", SEALIFT_KEY, "Cryptographic Usage Mask"},
    {ENCRYPT, 0x43, "DENIED", SEALIFT_KEY, "is not Active"},
    {ENCRYPT, 0x28, "", SEALIFT_KEY, "no symmetric key"},
    {ENCRYPT, 0x30, "", SEALIFT_KEY, "no symmetric key"},
    {DECRYPT, 0x1a, "", SEALIFT_KEY, "usage limit"},
    {ENCRYPT, 0x0b, "", SEALIFT_KEY, "does not let this key be used so"},
    {DECRYPT, 0x4b, "", SEALIFT_KEY, "a constraint"},
    {ENCRYPT, 0x0c, "DENIED", SEALIFT_DENIED, "allow this client to get the attributes of this key"},
    {DECRYPT, 0x39, "", SEALIFT_DENIED, "to encrypt and to decrypt"},

    /* Whatever is asked. */
    {QUERY, 0x03, "Error verifying the client certificate.", SEALIFT_DENIED, "extendedKeyUsage clientAuth"},
    {ENCRYPT, 0x03, "", SEALIFT_DENIED, "--password-file"},
    {DECRYPT, 0x25, "", SEALIFT_DENIED, "the password is not accepted"},
    {QUERY, 0x14, "", SEALIFT_DENIED, "attestation"},
    {QUERY, 0x15, "", SEALIFT_DENIED, "attestation"},
    {QUERY, 0x0c, "", SEALIFT_DENIED, "allow it to this client"},
    {DISCOVER, 0x39, "", SEALIFT_DENIED, "allow it to this client"},
    {ENCRYPT, 0x05, "", SEALIFT_INVALID, "does not offer this operation"},
    {DECRYPT, 0x04, "KMIP 2.1 is not supported by the server.", SEALIFT_INVALID, "--kmip-version"},
    {ENCRYPT, 0x26, "", SEALIFT_INVALID, "--kmip-version"},
    {ATTRIBUTES, 0x3f, "", SEALIFT_INVALID, "--kmip-version"},
    {ATTRIBUTES, 0x3b, "", SEALIFT_INVALID, "--kmip-version"},
    {QUERY, 0x3c, "", SEALIFT_INVALID, "--kmip-version"},
    {QUERY, 0x3d, "", SEALIFT_INVALID, "--kmip-version"},
    {ENCRYPT, 0x02, "", SEALIFT_INTERNAL, "report it"},
    {ENCRYPT, 0x3a, "", SEALIFT_UNAVAILABLE, "at a limit"},
    {ENCRYPT, 0x2a, "", SEALIFT_UNAVAILABLE, "try again later"},
    {DECRYPT, 0x2a, "", SEALIFT_UNAVAILABLE, "try again later"},

    /* The mode. */
    {ENCRYPT, 0x06, "", SEALIFT_KEY, "in this mode"},
    {ENCRYPT, 0x07, "", SEALIFT_KEY, "in this mode"},
    {ENCRYPT, 0x08, "", SEALIFT_KEY, "in this mode"},
    {ENCRYPT, 0x24, "", SEALIFT_KEY, "in this mode"},
    {ENCRYPT, 0x34, "missing-iv", SEALIFT_KEY, "in this mode"},
    {ENCRYPT, 0x3b, "", SEALIFT_KEY, "in this mode"},
    {ENCRYPT, 0x3d, "", SEALIFT_KEY, "in this mode"},
    {ENCRYPT, 0x3e, "", SEALIFT_KEY, "in this mode"},

    /* What no row knows. */
    {ENCRYPT, 0x0a, "CRYPTO", SEALIFT_KEY, "does not encrypt with this key"},
    {ENCRYPT, 0x100, "", SEALIFT_KEY, "does not encrypt with this key"},
    {ENCRYPT, 0x80000001, "no licence", SEALIFT_KEY, "no licence"},
    {ENCRYPT, 0, "", SEALIFT_KEY, "Operation Failed, without a reason"},
    {ATTRIBUTES, 0x100, "", SEALIFT_KEY, "does not describe this key"},
    {QUERY, 0x100, "", SEALIFT_INVALID, "does not answer such a request"},
    {DISCOVER, 0x07, "", SEALIFT_INVALID, "does not answer such a request"},
    {DECRYPT, 0x80000001, "", SEALIFT_KEY, "it does not open"},
    {DECRYPT, 0, "", SEALIFT_KEY, "it does not open"},
};

Test(kmip_error, says_what_a_refusal_means_and_what_to_do)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct kmip_answer answer = failed(cases[i].reason, cases[i].text);

        cr_assert_eq(explain(cases[i].operation, &answer), cases[i].meaning, "%x \"%s\" gives %s: %s", cases[i].reason,
                     cases[i].text, sealift_status_name(err.status), err.message);
        cr_assert_not_null(strstr(err.message, cases[i].says), "%x \"%s\": \"%s\" is not in: %s", cases[i].reason,
                           cases[i].text, cases[i].says, err.message);
    }
}

Test(kmip_error, names_the_server_the_act_and_the_key)
{
    struct kmip_answer answer = failed(KMIP_REASON_ITEM_NOT_FOUND, "Could not locate object: 4711");

    cr_assert_eq(explain(KMIP_DECRYPT, &answer), SEALIFT_NOT_FOUND);
    cr_assert_str_eq(err.message,
                     "KMIP kmip.example:5696: decrypt with key 4711: there is no such key: the unique identifier is "
                     "wrong, the key was destroyed, or this client may not see it; sealift never creates one; the "
                     "answer was Item Not Found: Could not locate object: 4711");
    answer = failed(KMIP_REASON_OPERATION_NOT_SUPPORTED, "");
    cr_assert_eq(explain(KMIP_QUERY, &answer), SEALIFT_INVALID);
    cr_assert_str_eq(err.message,
                     "KMIP kmip.example:5696: query: the server does not offer this operation, or not to this client: "
                     "it has to have Get Attributes, Encrypt and Decrypt; the answer was Operation Not Supported");
}

Test(kmip_error, gives_the_number_of_a_reason_without_a_name)
{
    struct kmip_answer answer = failed(0x80000012, "");

    cr_assert_eq(explain(KMIP_ENCRYPT, &answer), SEALIFT_KEY);
    cr_assert_not_null(strstr(err.message, "; the answer was reason 0x80000012"), "%s", err.message);
}

/* We never allow an answer to come later, and a batch of one has nothing to undo. */
Test(kmip_error, takes_neither_pending_nor_undone_for_a_success)
{
    struct kmip_answer pending = {.status = KMIP_OPERATION_PENDING};
    struct kmip_answer undone = {.status = KMIP_OPERATION_UNDONE, .reason = KMIP_REASON_ITEM_NOT_FOUND};
    struct kmip_answer unknown = {.status = 77};

    cr_assert_eq(explain(KMIP_ENCRYPT, &pending), SEALIFT_DENIED);
    cr_assert_not_null(strstr(err.message, "sealift needs the answer at once"));
    cr_assert_not_null(strstr(err.message, "Operation Pending"));
    cr_assert_eq(explain(KMIP_ENCRYPT, &undone), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "Operation Undone"));
    cr_assert_eq(explain(KMIP_ENCRYPT, &unknown), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "result status 0x4d"));
}

/* --- What passes, and what another mode may cure --- */

Test(kmip_error, unavailable_is_exactly_what_passes)
{
    for (uint32_t reason = 0; reason <= 0x101; reason++) {
        struct kmip_answer answer = failed(reason, "");
        bool passing = reason == 0x2a || reason == 0x3a;

        cr_assert_eq(kmip_error_is_passing(&answer), passing, "reason %x", reason);
        for (size_t i = 0; i < 5; i++) {
            static const enum kmip_operation operations[] = {DISCOVER, QUERY, ATTRIBUTES, ENCRYPT, DECRYPT};

            cr_assert_eq(explain(operations[i], &answer) == SEALIFT_UNAVAILABLE, passing, "reason %x: %s", reason,
                         err.message);
        }
    }
}

Test(kmip_error, only_a_failure_passes_or_is_about_the_mode)
{
    struct kmip_answer answer = {.status = KMIP_SUCCESS, .reason = KMIP_REASON_INTERNAL_SERVER_ERROR};

    cr_assert_not(kmip_error_is_passing(&answer));
    answer.reason = KMIP_REASON_INVALID_FIELD;
    cr_assert_not(kmip_error_is_about_mode(&answer));
    answer.status = KMIP_OPERATION_FAILED;
    cr_assert(kmip_error_is_about_mode(&answer));
}

Test(kmip_error, knows_which_refusals_another_mode_may_cure)
{
    static const uint32_t reasons[] = {0x06, 0x07, 0x08, 0x24, 0x34, 0x3b, 0x3d, 0x3e};

    for (uint32_t reason = 0; reason <= 0x101; reason++) {
        struct kmip_answer answer = failed(reason, "");
        bool expected = false;

        for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
            expected = expected || reasons[i] == reason;
        cr_assert_eq(kmip_error_is_about_mode(&answer), expected, "reason %x", reason);
    }
}

/* --- No padding oracle --- */

Test(kmip_error, a_failed_decrypt_sounds_the_same_whatever_the_server_tells_apart)
{
    static const struct {
        uint32_t reason;
        const char *text;
    } failures[] = {
        {0x0a, "CRYPTO"},
        {0x0a, "bad decrypt: wrong final block length"},
        {0x100, "Operation failed. See the server logs for more information."},
        {0x100, "Invalid padding bytes."},
        {0x07, "padding"},
        {0x06, "no padding"},
        {0x08, "tag of this length"},
        {0x24, "authentication tag mismatch"},
        {0x05, "Cryptographic error: bad decrypt"},
        {0x3b, "tag"},
        {0x3d, "tag"},
        {0x3e, "tag"},
        {0x34, "missing-iv"},
        {0x80000001, "HSM: CKR_ENCRYPTED_DATA_INVALID"},
        {0x80000002, "HSM: CKR_AEAD_DECRYPT_FAILED"},
        {0, ""},
    };

    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        struct kmip_answer answer = failed(failures[i].reason, failures[i].text);

        cr_assert_eq(explain(KMIP_DECRYPT, &answer), SEALIFT_KEY);
        cr_assert_str_eq(
            err.message,
            "KMIP kmip.example:5696: decrypt with key 4711: it does not open: it is damaged, another key "
            "encrypted it, or this server does not decrypt, or not in its mode; the server's own log may say "
            "more",
            "reason %x tells itself apart", failures[i].reason);
    }
}

Test(kmip_error, trouble_of_the_servers_own_on_decrypt_keeps_its_words_back)
{
    struct kmip_answer padding = failed(KMIP_REASON_INTERNAL_SERVER_ERROR, "bad padding");
    struct kmip_answer integrity = failed(KMIP_REASON_INTERNAL_SERVER_ERROR, "tag mismatch");
    struct sealift_error first;

    cr_assert_eq(explain(KMIP_DECRYPT, &padding), SEALIFT_UNAVAILABLE);
    first = err;
    cr_assert_eq(explain(KMIP_DECRYPT, &integrity), SEALIFT_UNAVAILABLE);
    cr_assert_str_eq(err.message, first.message);
    cr_assert_eq(explain(KMIP_ENCRYPT, &integrity), SEALIFT_UNAVAILABLE);
    cr_assert_not_null(strstr(err.message, "tag mismatch"));
}

Test(kmip_error, an_undone_decrypt_keeps_its_words_back_too)
{
    struct kmip_answer answer = {.status = KMIP_OPERATION_UNDONE, .message = "bad padding"};

    cr_assert_eq(explain(KMIP_DECRYPT, &answer), SEALIFT_CORRUPT);
    cr_assert_null(strstr(err.message, "padding"), "%s", err.message);
}

/* --- Hostile texts --- */

Test(kmip_error, shows_control_characters_as_numbers)
{
    struct kmip_answer answer = failed(KMIP_REASON_GENERAL_FAILURE, "a\x1b[2Jb\nKMIP: all is well\r\xc2\x9b\xff");

    cr_assert_eq(explain(KMIP_ENCRYPT, &answer), SEALIFT_KEY);
    cr_assert_not_null(strstr(err.message, "General Failure: a\\x1b[2Jb\\x0aKMIP: all is well\\x0d\\xc2\\x9b\\xff"),
                       "%s", err.message);
}

Test(kmip_error, a_long_text_does_not_push_out_what_we_say)
{
    static char uid[256];
    struct kmip_place far = {.server = "kmip.example:5696", .uid = uid};
    struct kmip_answer answer = {.status = KMIP_OPERATION_FAILED, .reason = KMIP_REASON_ITEM_NOT_FOUND};

    memset(uid, 'u', sizeof(uid) - 1);
    memset(answer.message, 0x01, sizeof(answer.message) - 1);
    cr_assert_eq(kmip_error(KMIP_ENCRYPT, &far, &answer, &err), SEALIFT_NOT_FOUND);
    cr_assert_not_null(strstr(err.message, "sealift never creates one; the answer was Item Not Found: \\x01"));
    cr_assert(utf8_is_valid(bytes_of_text(err.message)));
}

Test(kmip_error, words_of_a_format_are_just_words)
{
    struct kmip_answer answer = failed(KMIP_REASON_GENERAL_FAILURE, "%s%n%1000000d");

    cr_assert_eq(explain(KMIP_ENCRYPT, &answer), SEALIFT_KEY);
    cr_assert_not_null(strstr(err.message, "General Failure: %s%n%1000000d"));
}

Test(kmip_error, the_key_may_go_unnamed)
{
    struct kmip_place nameless = {.server = "k:1", .uid = NULL};
    struct kmip_answer answer = failed(KMIP_REASON_CRYPTOGRAPHIC_FAILURE, "");

    cr_assert_eq(kmip_error(KMIP_ENCRYPT, &nameless, &answer, &err), SEALIFT_KEY);
    cr_assert_eq(strncmp(err.message, "KMIP k:1: encrypt with key: ", 28), 0, "%s", err.message);
}
