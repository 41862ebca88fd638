/* A TCP connection to an endpoint, whichever of its addresses answers. */
#ifndef TCP_SOCKET_H
#define TCP_SOCKET_H

#include "endpoint.h"
#include "net_deadline.h"

/* Resolves the name and tries each address in turn, each for its share of the time that is left. The socket does not
 * block; the caller closes it. UNAVAILABLE names each address with its trouble; CANCELLED. */
enum sealift_status tcp_socket_connect(const struct endpoint *endpoint, const struct net_deadline *deadline,
                                       int *ret_fd, struct sealift_error *err);

#endif
