#include "tls_failure.h"

#include "error.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#define NO_ALERT (-1)

#define MAY_BE_OUR_CERTIFICATE                                                                                         \
    "; some servers close without a word when they do not accept the client certificate: is it that of a client "      \
    "which "                                                                                                           \
    "the server knows?"

/* What of ours the server was shown. */
static void
copy_our_subject(const SSL *ssl, char out[X509_FIELD_SIZE])
{
    const X509 *certificate = SSL_get_certificate(ssl);

    snprintf(out, X509_FIELD_SIZE, "none");
    if (certificate != NULL)
        x509_field_subject(certificate, out);
}

/* OpenSSL's reason for an alert that came is its number and this offset. */
static int
alert_of(unsigned long code)
{
    int reason = ERR_GET_REASON(code);

    if (ERR_GET_LIB(code) != ERR_LIB_SSL || reason < SSL_AD_REASON_OFFSET || reason > SSL_AD_REASON_OFFSET + 255)
        return NO_ALERT;
    return reason - SSL_AD_REASON_OFFSET;
}

bool
tls_failure_is_alert(void)
{
    return alert_of(ERR_peek_error()) != NO_ALERT;
}

/* OpenSSL's words for it, which lack one of TLS 1.3's. */
static const char *
words_of(int alert)
{
    return alert == SSL_AD_CERTIFICATE_REQUIRED ? "certificate required" : SSL_alert_desc_string_long(alert);
}

/* The way out of an alert that is about our certificate; NULL: it is about something else. */
static const char *
remedy_of_certificate(int alert)
{
    switch (alert) {
    case SSL_AD_UNKNOWN_CA:
        return "it does not know the CA: have the server trust that CA, or use a certificate of a CA that it trusts, "
               "followed in its file by the intermediate ones";
    case SSL_AD_CERTIFICATE_EXPIRED:
        return "it takes it for expired: renew it, or compare the clocks of the two machines";
    case SSL_AD_CERTIFICATE_REVOKED:
        return "it has been revoked: have a new one issued";
    case SSL_AD_CERTIFICATE_REQUIRED:
    case SSL_AD_NO_CERTIFICATE:
        return "it got none that it can use: name one with --client-cert and --client-key, whose kind of key the "
               "server takes";
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
        return "it is of a kind that it does not take: it may need the extended key usage clientAuth, or another kind "
               "of key";
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_CERTIFICATE_UNKNOWN:
        return "it finds it faulty: its log says why; the certificate may need the extended key usage clientAuth, or "
               "have to be registered there";
    case SSL_AD_ACCESS_DENIED:
        return "it knows whose it is, and does not let them in: give that client access there";
    case SSL_AD_DECRYPT_ERROR:
    case SSL_AD_HANDSHAKE_FAILURE:
        return "it accepts none, or not this one: its log says why; it must be of a CA that the server trusts, and may "
               "need the extended key usage clientAuth";
    default:
        return NULL;
    }
}

/* Before the server asked for a certificate, a refused handshake is about what we propose; afterwards about us. */
static bool
is_about_our_certificate(int alert, const struct tls_scene *scene)
{
    bool ambiguous =
        alert == SSL_AD_HANDSHAKE_FAILURE || alert == SSL_AD_DECRYPT_ERROR || alert == SSL_AD_ACCESS_DENIED;

    return remedy_of_certificate(alert) != NULL && (!ambiguous || scene->asked || !scene->in_handshake);
}

static enum sealift_status
report_version(struct sealift_error *err)
{
    return error_set(err, SEALIFT_INVALID,
                     "the server and this machine have no version of TLS in common: sealift needs 1.2 or 1.3; allow "
                     "one of them on the server");
}

static enum sealift_status
report_cipher(struct sealift_error *err)
{
    return error_set(err, SEALIFT_INVALID,
                     "the server and this machine have no TLS cipher in common: allow one of those that OpenSSL uses "
                     "here (openssl ciphers -s -v), and one that fits the server's kind of key");
}

static enum sealift_status
report_alert(const SSL *ssl, int alert, const struct tls_scene *scene, struct sealift_error *err)
{
    const char *words = words_of(alert);
    char subject[X509_FIELD_SIZE];

    if (is_about_our_certificate(alert, scene)) {
        copy_our_subject(ssl, subject);
        return error_set(err, SEALIFT_DENIED, "the server refuses our client certificate (%s; TLS alert %d, %s): %s",
                         subject, alert, words, remedy_of_certificate(alert));
    }
    switch (alert) {
    case SSL_AD_PROTOCOL_VERSION:
    case SSL_AD_INAPPROPRIATE_FALLBACK:
        return report_version(err);
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_INSUFFICIENT_SECURITY:
        return report_cipher(err);
    case SSL_AD_UNRECOGNIZED_NAME:
        return error_set(err, SEALIFT_INVALID,
                         "the server does not go by the name %s: give one that it knows with --server-name",
                         scene->host);
    case SSL_AD_ACCESS_DENIED:
        return error_set(err, SEALIFT_DENIED, "the server refuses the connection (TLS alert %d, %s)", alert, words);
    default:
        return error_set(err, SEALIFT_UNAVAILABLE, "the server ended the TLS connection (TLS alert %d, %s)", alert,
                         words);
    }
}

static enum sealift_status
report_closed(const struct tls_scene *scene, struct sealift_error *err)
{
    char reason[128];
    const char *how = scene->error_number == 0 || scene->error_number == EPIPE
                          ? "closed by the server"
                          : strerror_r(scene->error_number, reason, sizeof(reason));
    bool may_be_us = scene->asked && !scene->heard;

    if (!scene->greeted)
        return error_set(err, SEALIFT_UNAVAILABLE,
                         "the connection ended before the server said anything (%s): is this a port where TLS is "
                         "spoken?",
                         how);
    if (scene->in_handshake)
        return error_set(err, SEALIFT_UNAVAILABLE, "the connection ended during the TLS handshake (%s)%s", how,
                         may_be_us ? MAY_BE_OUR_CERTIFICATE : "");
    return error_set(err, SEALIFT_UNAVAILABLE, "the connection ended (%s)%s", how,
                     may_be_us ? MAY_BE_OUR_CERTIFICATE : "; the server's log may say why");
}

static enum sealift_status
report_weakness(const char *words, struct sealift_error *err)
{
    return error_set(err, SEALIFT_INVALID,
                     "the server's TLS is weaker than OpenSSL allows on this machine (%s): bring the server up to date",
                     words);
}

static enum sealift_status
report_broken(const char *words, const struct tls_scene *scene, struct sealift_error *err)
{
    if (!scene->in_handshake)
        return error_set(err, SEALIFT_UNAVAILABLE, "the TLS connection failed: %s", words);
    if (scene->greeted)
        return error_set(err, SEALIFT_UNAVAILABLE, "the TLS handshake failed: %s", words);
    return error_set(err, SEALIFT_INVALID,
                     "the server does not speak TLS there (%s): is it another port, or is TLS switched off on it?",
                     words);
}

/* What went wrong on this side, or was found wrong with what came. */
static enum sealift_status
report_reason(unsigned long code, const struct tls_scene *scene, struct sealift_error *err)
{
    const char *words = ERR_reason_error_string(code);

    words = words != NULL ? words : "OpenSSL gives no reason";
    switch (ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
        return scene->verdict->error != X509_V_OK ? tls_verdict_report(scene->verdict, scene->host, err)
                                                  : report_broken(words, scene, err);
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_WRONG_SSL_VERSION:
        return report_version(err);
    case SSL_R_NO_CIPHERS_AVAILABLE:
        return report_cipher(err);
    case SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED:
    case SSL_R_DH_KEY_TOO_SMALL:
    case SSL_R_WRONG_SIGNATURE_TYPE:
    case SSL_R_EE_KEY_TOO_SMALL:
        return report_weakness(words, err);
    default:
        return report_broken(words, scene, err);
    }
}

/* Empties OpenSSL's queue of what tells most: want of memory, else an alert, else the first that is TLS's own, else the
 * first. What comes before may be left from looking at certificates that were fine; what comes behind passed it on. 0:
 * nothing stands there. */
static unsigned long
take_error(void)
{
    unsigned long code, first = 0, of_tls = 0, alert = 0, memory = 0;

    while ((code = ERR_get_error()) != 0) {
        if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
            memory = code;
        if (alert_of(code) != NO_ALERT)
            alert = code;
        if (of_tls == 0 && ERR_GET_LIB(code) == ERR_LIB_SSL)
            of_tls = code;
        if (first == 0)
            first = code;
    }
    if (memory != 0)
        return memory;
    if (alert != 0)
        return alert;
    return of_tls != 0 ? of_tls : first;
}

enum sealift_status
tls_failure(const SSL *ssl, const struct tls_scene *scene, struct sealift_error *err)
{
    unsigned long code = take_error();

    if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
        return error_no_memory(err);
    if (code == 0 || ERR_SYSTEM_ERROR(code) ||
        (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING))
        return report_closed(scene, err);
    if (alert_of(code) != NO_ALERT)
        return report_alert(ssl, alert_of(code), scene, err);
    return report_reason(code, scene, err);
}
