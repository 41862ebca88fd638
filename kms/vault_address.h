/* Where a cluster of Vault or OpenBao is, as an admin types it: "https://vault.example.com:8200", or its servers one by
 * one, "https://a:8200,https://b:8200". */
#ifndef VAULT_ADDRESS_H
#define VAULT_ADDRESS_H

#include "endpoint.h"
#include "url.h"

#define VAULT_ADDRESS_MAX ENDPOINT_LIST_MAX

struct vault_address {
    char text[1024];               /* without a final slash */
    char name[ENDPOINT_TEXT_SIZE]; /* HOST:PORT out of it, or HOST: how messages name the server */
    struct url url;                /* its parts */
};

/* INVALID, saying what is wrong: what url_parse() refuses, an empty part, the same server twice, more than
 * VAULT_ADDRESS_MAX. Spaces around a comma are dropped. */
enum sealift_status vault_address_parse_list(const char *text, struct vault_address ret_list[VAULT_ADDRESS_MAX],
                                             size_t *ret_count, struct sealift_error *err);

#endif
