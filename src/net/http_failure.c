#include "http_failure.h"

#include "error.h"

#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>

#define HOST_SIZE 300

/* host[:port] of a URL: neither the path nor the query belongs in a message. */
static void
copy_host(const char *url, char out[HOST_SIZE])
{
    const char *authority = strstr(url, "://");

    authority = authority != NULL ? authority + 3 : url;
    snprintf(out, HOST_SIZE, "%.*s", (int)strcspn(authority, "/?#"), authority);
}

static enum sealift_status
report_certificate(CURL *easy, const char *host, struct sealift_error *err)
{
    long verdict = X509_V_OK;

    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
    switch (verdict) {
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED: /* libcurl compares the name first, and had not looked at the chain's verdict yet */
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return error_set(err, SEALIFT_DENIED,
                         "%s: the server's certificate does not match this name: use a name that the certificate holds "
                         "as the address, or give the server a certificate that names it",
                         host);
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return error_set(err, SEALIFT_DENIED,
                         "%s: the server's certificate is not valid today (%s): renew it, or correct the clock of this "
                         "machine",
                         host, X509_verify_cert_error_string(verdict));
    default:
        return error_set(err, SEALIFT_DENIED,
                         "%s: the server's certificate is not trusted (%s): give the CA that signed it with --ca-cert",
                         host, X509_verify_cert_error_string(verdict));
    }
}

static enum sealift_status
report_connect(CURL *easy, const char *host, const char *detail, struct sealift_error *err)
{
    char reason[128];
    long number = 0;

    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
    return error_set(err, SEALIFT_UNAVAILABLE, "%s: cannot connect: %s", host,
                     number != 0 ? strerror_r((int)number, reason, sizeof(reason)) : detail);
}

static enum sealift_status
report_timeout(CURL *easy, const char *host, struct sealift_error *err)
{
    curl_off_t connected_us = 0;

    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
    if (connected_us == 0)
        return error_set(err, SEALIFT_UNAVAILABLE,
                         "%s: no connection in time: is the address right, and does a "
                         "firewall let it through?",
                         host);
    return error_set(err, SEALIFT_UNAVAILABLE, "%s: the transfer stalled", host);
}

static enum sealift_status
report_handshake(const char *host, const char *detail, struct sealift_error *err)
{
    if (strstr(detail, "wrong version number") != NULL)
        return error_set(err, SEALIFT_INVALID,
                         "%s: the server does not speak TLS there: does its address begin with "
                         "http://, or have another port?",
                         host);
    return error_set(err, SEALIFT_UNAVAILABLE, "%s: the TLS handshake failed: %s", host, detail);
}

enum sealift_status
http_failure(CURL *easy, CURLcode code, const char *url, const char *detail, struct sealift_error *err)
{
    char host[HOST_SIZE];

    copy_host(url, host);
    if (detail[0] == '\0')
        detail = curl_easy_strerror(code);
    switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
        return error_set(err, SEALIFT_CANCELLED, "%s: stopped on request", host);
    case CURLE_OUT_OF_MEMORY:
        return error_no_memory(err);
    case CURLE_COULDNT_RESOLVE_HOST:
        return error_set(err, SEALIFT_UNAVAILABLE,
                         "%s: this name cannot be resolved: check it, and the DNS of this "
                         "machine",
                         host);
    case CURLE_COULDNT_RESOLVE_PROXY:
        return error_set(err, SEALIFT_UNAVAILABLE,
                         "%s: the name of the proxy for it cannot be resolved: check "
                         "$https_proxy, $http_proxy and $no_proxy",
                         host);
    case CURLE_COULDNT_CONNECT:
        return report_connect(easy, host, detail, err);
    case CURLE_OPERATION_TIMEDOUT:
        return report_timeout(easy, host, err);
    case CURLE_PEER_FAILED_VERIFICATION:
        return report_certificate(easy, host, err);
    case CURLE_SSL_CONNECT_ERROR:
        return report_handshake(host, detail, err);
    case CURLE_SSL_CACERT_BADFILE:
        return error_set(err, SEALIFT_INVALID,
                         "%s: the CA file cannot be read or holds no PEM certificate: check "
                         "--ca-cert ($SSL_CERT_FILE)",
                         host);
    case CURLE_URL_MALFORMAT:
        return error_set(err, SEALIFT_INVALID, "%s: this is no address that a request can go to", host);
    case CURLE_UNSUPPORTED_PROTOCOL: /* what answered has no HTTP status line */
    case CURLE_WEIRD_SERVER_REPLY:
        return error_set(err, SEALIFT_INVALID,
                         "%s: what answers there is not HTTP: does its address begin with "
                         "https://, or have another port?",
                         host);
    default:
        return error_set(err, SEALIFT_UNAVAILABLE, "%s: the connection failed: %s", host, detail);
    }
}

enum sealift_status
http_failure_prefix(const char *url, struct sealift_error *err)
{
    char host[HOST_SIZE];

    copy_host(url, host);
    return error_prefix(err, "%s", host);
}
