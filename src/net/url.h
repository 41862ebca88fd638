/* URLs (RFC 3986), as far as an address that an admin types needs them, and percent-encoding. */
#ifndef URL_H
#define URL_H

#include "authority.h"
#include "buf.h"

/* Percent-encodes everything but the unreserved set; '/' stays when `keep_slashes`. Appends to *out. */
enum sealift_status url_encode(struct bytes text, bool keep_slashes, struct buf *out, struct sealift_error *err);

struct url {
    char scheme[8];                 /* "http" or "https" */
    char host[AUTHORITY_HOST_SIZE]; /* without brackets; an IPv6 address in its usual form */
    char port[AUTHORITY_PORT_SIZE]; /* empty: the scheme's */
    char path[1024];                /* begins with '/', or empty */
};

/* INVALID, saying what is wrong, for anything but http(s)://host[:port][/path]; user, query and
 * fragment are refused. */
enum sealift_status url_parse(const char *text, struct url *ret_url, struct sealift_error *err);

#endif
