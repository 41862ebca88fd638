/* HTTP/1.1 and 2 through libcurl: the one door. It carries a request as it is given, follows no redirect, retries nothing, and knows
 * neither S3 nor Vault. Connections are reused; any thread may call (each takes a handle of the client's pool). */
#ifndef HTTP_H
#define HTTP_H

#include "secret.h"
#include "world.h"

struct http_client;

struct http_client_options {
    const char *ca_file;           /* PEM; NULL: the system's. $SSL_CERT_FILE is heard by OpenSSL either way */
    const char *user_agent;        /* NULL: "sealift/VERSION" */
    int64_t connect_timeout_ns;    /* 0: 10 s */
    int64_t low_speed_timeout_ns;  /* 0: 30 s with less than 1 KiB/s is a stall: UNAVAILABLE */
    int64_t total_timeout_ns;      /* 0: none */
};

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
    uint8_t *body_out;      /* where the answer's body goes when the status is 2xx: `body_capacity` bytes ... */
    size_t body_capacity;   /* ... beyond which the answer is CORRUPT; */
    size_t max_text;        /* otherwise (body_out NULL, or another status) it goes to answer.text, at most this; 0: 1 MiB */
};

struct http_answer {
    int status;            /* 100 ... 599 */
    size_t body_len;       /* bytes put at body_out */
    struct buf text;       /* the body, when it did not go to body_out */
    struct buf headers;    /* "name: value\n" ..., names in lower case; read it with http_answer_header() */
};

void http_answer_done(struct http_answer *answer); /* wipes the text: it may hold a token */

/* The header's value in `out` (cut to size), false when the answer has none. */
bool http_answer_header(const struct http_answer *answer, const char *name, char *out, size_t size);

/* OK whenever an answer came, whatever its status. Otherwise: UNAVAILABLE (name not found, refused, stalled, cut), DENIED (TLS: the
 * certificate is not trusted or its name does not match, with the way out), CANCELLED. The message starts with the host, and never
 * holds a header or a query. */
enum sealift_status http_perform(struct http_client *client, const struct http_request *request,
                                 struct http_answer *ret_answer, struct sealift_error *err);

/* Percent-encoding of RFC 3986's unreserved set; '/' stays when `keep_slashes`. */
enum sealift_status url_encode(struct bytes text, bool keep_slashes, struct buf *out, struct sealift_error *err);

struct url {
    char scheme[8];  /* "http" or "https" */
    char host[256];  /* without brackets */
    char port[6];    /* empty: the scheme's */
    char path[1024]; /* begins with '/', or empty */
};

/* INVALID, saying what is wrong, for anything but http(s)://host[:port][/path]; user, query and fragment are refused. */
enum sealift_status url_parse(const char *text, struct url *ret_url, struct sealift_error *err);

#endif
