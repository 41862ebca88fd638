#include "tls_failure.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <openssl/asn1err.h>
#include <openssl/err.h>
#include <string.h>

static struct sealift_error err;

/* What is said of an error of OpenSSL's (0: none) when nothing else is known than `scene`. */
static void
assert_said(int library, int reason, struct tls_scene scene, enum sealift_status status, const char *words)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    const struct tls_verdict fine = {0};

    cr_assert_not_null(ssl);
    ERR_clear_error();
    if (reason != 0)
        ERR_raise(library, reason);
    if (scene.verdict == NULL)
        scene.verdict = &fine;
    scene.host = "kms.example.com";
    cr_assert_eq(tls_failure(ssl, &scene, &err), status, "%d: %s", reason, err.message);
    cr_assert_eq(err.status, status);
    cr_assert_not_null(strstr(err.message, words), "%d: \"%s\" does not say \"%s\"", reason, err.message, words);
    cr_assert_eq(ERR_peek_error(), 0);
    SSL_free(ssl);
    SSL_CTX_free(context);
}

static void
assert_alert(int alert, struct tls_scene scene, enum sealift_status status, const char *words)
{
    assert_said(ERR_LIB_SSL, SSL_AD_REASON_OFFSET + alert, scene, status, words);
}

/* Where a connection may be when it fails. */
static const struct tls_scene at_first = {.in_handshake = true};
static const struct tls_scene after_it_asked = {.in_handshake = true, .greeted = true, .asked = true};
static const struct tls_scene connected = {.greeted = true, .asked = true};
static const struct tls_scene at_work = {.greeted = true, .asked = true, .heard = true};

Test(tls_failure, takes_alerts_about_our_certificate_as_a_refusal_whenever_they_come)
{
    static const struct {
        int alert;
        const char *words;
    } alerts[] = {
        {41, "it got none that it can use"},
        {42, "it finds it faulty"},
        {43, "it is of a kind that it does not take"},
        {44, "it has been revoked"},
        {45, "it takes it for expired"},
        {46, "it finds it faulty"},
        {48, "it does not know the CA"},
        {116, "it got none that it can use"},
    };

    for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++) {
        assert_alert(alerts[i].alert, after_it_asked, SEALIFT_DENIED, alerts[i].words);
        assert_alert(alerts[i].alert, connected, SEALIFT_DENIED, alerts[i].words);
        assert_alert(alerts[i].alert, at_work, SEALIFT_DENIED, alerts[i].words);
    }
}

Test(tls_failure, takes_a_refused_handshake_as_a_matter_of_ciphers_until_the_server_asked_for_a_certificate)
{
    assert_alert(40, at_first, SEALIFT_INVALID, "no TLS cipher in common");
    assert_alert(40, after_it_asked, SEALIFT_DENIED, "it accepts none, or not this one: its log says why");
    assert_alert(40, connected, SEALIFT_DENIED, "(none; TLS alert 40, handshake failure): it accepts none");
    assert_alert(71, at_first, SEALIFT_INVALID, "no TLS cipher in common");
}

Test(tls_failure, tells_who_may_not_from_what_cannot)
{
    assert_alert(49, at_first, SEALIFT_DENIED, "the server refuses the connection (TLS alert 49, access denied)");
    assert_alert(49, after_it_asked, SEALIFT_DENIED, "it knows whose it is, and does not let them in");
    assert_alert(49, connected, SEALIFT_DENIED, "it knows whose it is, and does not let them in");
}

Test(tls_failure, asks_for_another_version_or_name)
{
    assert_alert(70, at_first, SEALIFT_INVALID, "no version of TLS in common: sealift needs 1.2 or 1.3");
    assert_alert(86, at_first, SEALIFT_INVALID, "no version of TLS in common");
    assert_alert(112, at_first, SEALIFT_INVALID,
                 "the server does not go by the name kms.example.com: give one that it knows with --server-name");
}

Test(tls_failure, takes_other_alerts_as_trouble_that_may_pass)
{
    assert_alert(80, at_first, SEALIFT_UNAVAILABLE,
                 "the server ended the TLS connection (TLS alert 80, internal error)");
    assert_alert(80, connected, SEALIFT_UNAVAILABLE, "TLS alert 80");
    assert_alert(20, at_work, SEALIFT_UNAVAILABLE, "TLS alert 20");
    assert_alert(255, at_work, SEALIFT_UNAVAILABLE, "TLS alert 255");
}

Test(tls_failure, knows_an_alert_when_it_stands_in_the_queue)
{
    ERR_clear_error();
    cr_assert_not(tls_failure_is_alert());
    ERR_raise(ERR_LIB_SSL, SSL_R_UNEXPECTED_EOF_WHILE_READING);
    cr_assert_not(tls_failure_is_alert());
    ERR_clear_error();
    ERR_raise(ERR_LIB_X509, SSL_AD_REASON_OFFSET + 48);
    cr_assert_not(tls_failure_is_alert());
    ERR_clear_error();
    ERR_raise(ERR_LIB_SSL, SSL_AD_REASON_OFFSET + 48);
    cr_assert(tls_failure_is_alert());
    ERR_clear_error();
}

Test(tls_failure, says_how_far_it_had_come_when_a_connection_ends)
{
    struct tls_scene reset = at_work;

    assert_said(0, 0, at_first, SEALIFT_UNAVAILABLE, "ended before the server said anything (closed by the server)");
    assert_said(0, 0, after_it_asked, SEALIFT_UNAVAILABLE,
                "ended during the TLS handshake (closed by the server); some");
    assert_said(0, 0, connected, SEALIFT_UNAVAILABLE,
                "the connection ended (closed by the server); some servers close");
    assert_said(ERR_LIB_SSL, SSL_R_UNEXPECTED_EOF_WHILE_READING, at_work, SEALIFT_UNAVAILABLE,
                "the connection ended (closed by the server); the server's log may say why");
    cr_assert_null(strstr(err.message, "some servers"), "%s", err.message);
    reset.error_number = ECONNRESET;
    assert_said(0, 0, reset, SEALIFT_UNAVAILABLE, "the connection ended (Connection reset by peer)");
    reset.error_number = EPIPE;
    assert_said(0, 0, reset, SEALIFT_UNAVAILABLE, "the connection ended (closed by the server)");
}

Test(tls_failure, tells_what_is_no_tls_from_tls_that_went_wrong)
{
    assert_said(ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER, at_first, SEALIFT_INVALID, "does not speak TLS there");
    assert_said(ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER, after_it_asked, SEALIFT_UNAVAILABLE,
                "the TLS handshake failed: wrong version number");
    assert_said(ERR_LIB_SSL, SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, at_work, SEALIFT_UNAVAILABLE,
                "the TLS connection failed: decryption failed or bad record mac");
    assert_said(ERR_LIB_SSL, 999, at_work, SEALIFT_UNAVAILABLE, "the TLS connection failed: ");
}

Test(tls_failure, asks_for_a_server_that_is_up_to_date)
{
    assert_said(ERR_LIB_SSL, SSL_R_UNSUPPORTED_PROTOCOL, at_first, SEALIFT_INVALID, "no version of TLS in common");
    assert_said(ERR_LIB_SSL, SSL_R_NO_CIPHERS_AVAILABLE, at_first, SEALIFT_INVALID, "no TLS cipher in common");
    assert_said(ERR_LIB_SSL, SSL_R_DH_KEY_TOO_SMALL, after_it_asked, SEALIFT_INVALID,
                "weaker than OpenSSL allows on this machine (dh key too small): bring the server up to date");
}

/* Errors of other parts of OpenSSL may stand before the one that counts, or alone. */
Test(tls_failure, finds_what_tells_most_in_the_queue)
{
    static const char malformed[] = "the TLS handshake failed: ";
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    struct tls_scene scene = after_it_asked;
    const struct tls_verdict fine = {0};

    scene.verdict = &fine;
    ERR_clear_error();
    ERR_raise(ERR_LIB_X509, X509_R_CERT_ALREADY_IN_HASH_TABLE);
    ERR_raise(ERR_LIB_SSL, SSL_R_UNEXPECTED_EOF_WHILE_READING);
    ERR_raise(ERR_LIB_SSL, SSL_AD_REASON_OFFSET + 48);
    cr_assert_eq(tls_failure(ssl, &scene, &err), SEALIFT_DENIED, "%s", err.message);
    ERR_raise(ERR_LIB_X509, X509_R_CERT_ALREADY_IN_HASH_TABLE);
    ERR_raise(ERR_LIB_SSL, SSL_R_UNEXPECTED_EOF_WHILE_READING);
    cr_assert_eq(tls_failure(ssl, &scene, &err), SEALIFT_UNAVAILABLE);
    cr_assert_not_null(strstr(err.message, "the connection ended"), "%s", err.message);
    ERR_raise(ERR_LIB_ASN1, ASN1_R_TOO_LONG);
    cr_assert_eq(tls_failure(ssl, &scene, &err), SEALIFT_UNAVAILABLE);
    cr_assert_eq(strncmp(err.message, malformed, strlen(malformed)), 0, "%s", err.message);
    cr_assert_eq(ERR_peek_error(), 0);
    SSL_free(ssl);
    SSL_CTX_free(context);
}

Test(tls_failure, knows_want_of_memory)
{
    assert_said(ERR_LIB_SSL, ERR_R_MALLOC_FAILURE, at_first, SEALIFT_NO_MEMORY, "out of memory");
}

Test(tls_failure, hands_on_the_verdict_on_their_certificate)
{
    const struct tls_verdict expired = {.error = X509_V_ERR_CERT_HAS_EXPIRED, .subject = "CN = kms"};
    struct tls_scene scene = after_it_asked;

    scene.verdict = &expired;
    assert_said(ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED, scene, SEALIFT_DENIED,
                "the server's certificate (CN = kms) expired at 1970-01-01T00:00:00Z");
}
