/* HTTP/1.1 (RFC 9112) through libcurl: the one door. It carries a request as it is given, follows no redirect, retries
 * nothing (but what met a kept connection that the server had closed meanwhile), and knows neither S3 nor Vault.
 * Connections are reused; any thread may call (each takes a handle of the client's pool). $http_proxy, $https_proxy,
 * $all_proxy and $no_proxy mean what they mean to curl.
 *
 * Not HTTP/2: with one request at a time on a connection its streams gain nothing, and its flow-control windows cost
 * throughput. */
#ifndef HTTP_H
#define HTTP_H

#include "secret.h"
#include "url.h"
#include "world.h"

struct http_client;

struct http_client_options {
    const char *ca_file;          /* PEM; NULL: the system's. $SSL_CERT_FILE is heard by OpenSSL either way */
    const char *user_agent;       /* NULL: "sealift/VERSION" */
    int64_t connect_timeout_ns;   /* 0: 10 s */
    int64_t low_speed_timeout_ns; /* 0: 30 s with less than 1 KiB/s is a stall: UNAVAILABLE */
    int64_t total_timeout_ns;     /* 0: none */
    bool direct;                  /* past every proxy: for metadata services at link-local addresses */
};

/* `world` stays the caller's and must outlive the client. */
enum sealift_status http_client_new(const struct world *world, const struct http_client_options *options,
                                    struct http_client **ret_client, struct sealift_error *err);
void http_client_free(struct http_client **client);

struct http_header {
    const char *name; /* lower case in answers */
    const char *value;
};

#define HTTP_MAX_HEADERS 32

struct http_request {
    const char *method; /* "GET", "PUT", "HEAD", "DELETE", "POST", "LIST" */
    const char *url;    /* absolute, encoded: it goes on the wire exactly as it stands */
    struct http_header headers[HTTP_MAX_HEADERS];
    size_t header_count;
    struct http_header secret_header; /* its value is a secret's text: wiped wherever it was copied; name NULL: none */
    struct bytes body;                /* sent with content-length; a retry sends the same bytes */
    uint8_t *body_out;    /* where the answer's body goes when the status is 2xx: `body_capacity` bytes ... */
    size_t body_capacity; /* ... beyond which the answer is CORRUPT; */
    int64_t timeout_ns;   /* less than the client's total; 0, or more than that: the client's */
    size_t max_text; /* otherwise (body_out NULL, or another status) it goes to answer.text, at most this; 0: 1 MiB */
};

struct http_answer {
    int status;         /* 100 ... 599 */
    size_t body_len;    /* bytes put at body_out */
    struct buf text;    /* the body, when it did not go to body_out */
    struct buf headers; /* "name: value\n" ..., names in lower case; read it with http_answer_header() */
};

void http_answer_done(struct http_answer *answer); /* wipes the text: it may hold a token */

/* The header's value in `out` (cut to size), false when the answer has none. */
bool http_answer_header(const struct http_answer *answer, const char *name, char *out, size_t size);

/* OK whenever an answer came, whatever its status; what *ret_answer held before is freed. Otherwise: UNAVAILABLE (name
 * not found, refused, stalled, cut), DENIED (TLS: the certificate is not trusted or its name does not match, with the
 * way out), INVALID (an address that cannot be right), CORRUPT (a longer answer than asked for), CANCELLED. The message
 * starts with the host, and never holds a header or a query. Of the memory at body_out nothing is promised then. */
enum sealift_status http_perform(struct http_client *client, const struct http_request *request,
                                 struct http_answer *ret_answer, struct sealift_error *err);

/* A date as headers carry it (RFC 9110, section 5.6.7), in nanoseconds since 1970. */
bool http_date_parse(const char *text, int64_t *ret_wall_ns);

#endif
