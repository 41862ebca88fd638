/* host[:port] (RFC 3986, section 3.2): what the address of an HTTP server and that of a TLS server have in common. */
#ifndef AUTHORITY_H
#define AUTHORITY_H

#include <stdbool.h>
#include <stddef.h>

#define AUTHORITY_HOST_SIZE 256
#define AUTHORITY_PORT_SIZE 6

/* Reads the host at the head of `text`, which ends at ':' or '/': a name, an IPv4 address, or an IPv6 one in brackets,
 * which is put into its usual form, without them; a zone ("%eth0") stays. *ret_rest points behind it. False, and
 * nothing is written, when it is missing, malformed or too long. */
bool authority_read_host(const char *text, char ret_host[AUTHORITY_HOST_SIZE], const char **ret_rest);

/* The `len` characters of `text` as a number from 1 to 65535, without zeros in front; false when they are none. */
bool authority_read_port(const char *text, size_t len, char ret_port[AUTHORITY_PORT_SIZE]);

#endif
