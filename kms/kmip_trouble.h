/* What kept each server of a cluster from answering, and the one error that is made of it. */
#ifndef KMIP_TROUBLE_H
#define KMIP_TROUBLE_H

#include "endpoint.h"

/* By the server's number in the list; OK: none was noted. */
struct kmip_troubles {
    struct sealift_error of[ENDPOINT_LIST_MAX];
};

/* In place of an earlier one of that server. Its message begins with "KMIP HOST:PORT: "; with "KMIP: " where a secret
 * of ours is missing. */
void kmip_troubles_note(struct kmip_troubles *troubles, size_t server, const struct sealift_error *trouble);

/* One of them is unavailable: a later try may do. */
bool kmip_troubles_may_pass(const struct kmip_troubles *troubles);

/* UNAVAILABLE when one of them is, else the first one's status. Each server's own trouble, "KMIP a:5696: ...; b:5696:
 * ..."; when there is not room for all of it, the longest are cut. What is the same for all is told once, as it is.
 * `rounds` more than one: how often all were tried. */
enum sealift_status kmip_troubles_report(const struct kmip_troubles *troubles, unsigned rounds,
                                         struct sealift_error *err);

#endif
