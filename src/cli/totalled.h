/* A listing that streams, and what it adds up to: as JSON {"listing":[...],"totals":{...}}. What is shown to people is
 * each command's own. */
#ifndef TOTALLED_H
#define TOTALLED_H

#include "listing.h"

/* `listing` has .out, .json and .columns set; nothing happens unless it is JSON. */
void totalled_begin(const struct listing *listing);
/* To be called also when the listing broke off: then `totals` is NULL. */
void totalled_end(struct listing *listing, const struct column *columns, const void *totals);

#endif
