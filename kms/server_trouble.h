/* What kept each server of a cluster from answering, and the one error that is made of it. */
#ifndef SERVER_TROUBLE_H
#define SERVER_TROUBLE_H

#include "endpoint.h"

struct server_troubles {
    const char *prefix; /* how each message begins, and the one that is made of them: "KMIP ", "Vault: " */
    /* By the server's number in the list; OK: none was noted. */
    struct sealift_error of[ENDPOINT_LIST_MAX];
};

/* In place of an earlier one of that server. Its message begins with the prefix and HOST:PORT; with something else
 * where a secret of ours is missing. */
void server_troubles_note(struct server_troubles *troubles, size_t server, const struct sealift_error *trouble);

/* One of them is unavailable: a later try may do. */
bool server_troubles_may_pass(const struct server_troubles *troubles);

/* One error of all that was noted: CANCELLED when one of them is, as it is told; UNAVAILABLE when one of them is, else
 * with the first one's status. It lists each server's own trouble ("KMIP a:5696: ...; b:5696: ..."), the longest of
 * them cut when there is not room for all; what is the same for all is told once, as it is. `rounds` more than one: how
 * often all were tried. */
enum sealift_status server_troubles_report(const struct server_troubles *troubles, unsigned rounds,
                                           struct sealift_error *err);

#endif
