#include "totalled.h"

void
totalled_begin(const struct listing *listing)
{
    if (listing->json)
        fputs("{\"listing\":", listing->out);
}

void
totalled_end(struct listing *listing, const struct column *columns, const void *totals)
{
    if (!listing->json)
        return;
    listing_end(listing);
    fputs(",\"totals\":", listing->out);
    if (totals != NULL)
        output_json(listing->out, columns, totals);
    else
        fputs("null", listing->out);
    fputs("}\n", listing->out);
}
