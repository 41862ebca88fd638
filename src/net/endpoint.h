/* HOST:PORT as an admin types it, and lists of them: "kmip.example.com:5696", "[2001:db8::1]:5696,10.0.0.2:5696". */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include "authority.h"
#include "buf.h"

#define ENDPOINT_LIST_MAX  8
#define ENDPOINT_TEXT_SIZE 272

struct endpoint {
    char host[AUTHORITY_HOST_SIZE]; /* a name or an address; an IPv6 one without its brackets */
    char port[AUTHORITY_PORT_SIZE]; /* "5696" */
};

/* INVALID, saying what is wrong and how it is written: an empty part, a port that is missing or none, an IPv6 address
 * without brackets, a scheme ("https://"), a user name or password (which is not repeated), the same server twice,
 * more than ENDPOINT_LIST_MAX. Spaces around a comma are dropped; an IPv6 address is put into its usual form. */
enum sealift_status endpoint_parse_list(const char *text, struct endpoint ret_list[ENDPOINT_LIST_MAX],
                                        size_t *ret_count, struct sealift_error *err);

/* HOST:PORT again, brackets where they belong. */
void endpoint_format(const struct endpoint *endpoint, char out[ENDPOINT_TEXT_SIZE]);

#endif
