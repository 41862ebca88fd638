/* Names to addresses, with a deadline. */
#ifndef RESOLVER_H
#define RESOLVER_H

#include "endpoint.h"
#include "net_deadline.h"

#include <netdb.h>

/* getaddrinfo() can neither be hurried nor stopped, so it runs in a thread of its own, which is left behind when the
 * deadline passes: it ends when getaddrinfo() does. Addresses need no thread.
 *
 * UNAVAILABLE when there is no such name or no answer in time; CANCELLED. At least one address on success, in the
 * order in which they should be tried. */
enum sealift_status resolver_find(const struct endpoint *endpoint, const struct net_deadline *deadline,
                                  struct addrinfo **ret_addresses, struct sealift_error *err);
void resolver_free(struct addrinfo **addresses);

#endif
