#include "removal_view.h"

#include <string.h>

void
removal_view_begin(const struct cli *cli)
{
    if (cli->json)
        fputs("{\"listing\":", cli->out);
}

void
removal_view_end(struct cli *cli, struct listing *listing, const struct column *columns, const void *removal)
{
    if (!cli->json) {
        if (removal != NULL)
            cli_show(cli, columns, removal);
        if (listing->rows > 0 && removal != NULL && !cli->quiet)
            putc('\n', cli->out);
        listing_end(listing);
        return;
    }
    listing_end(listing);
    fputs(",\"removed\":", cli->out);
    if (removal != NULL)
        output_json(cli->out, columns, removal);
    else
        fputs("null", cli->out);
    fputs("}\n", cli->out);
}

void
removal_view_say_versions(struct cli *cli, const char *versioning, const char *object_lock)
{
    if (object_lock != NULL && strcmp(object_lock, "yes") == 0)
        console_say(&cli->console,
                    "The bucket has Object Lock: what was deleted stays there as an old version, and cannot be deleted "
                    "for good before its retention ends.");
    else if (versioning != NULL && strcmp(versioning, "yes") == 0)
        console_say(&cli->console,
                    "The bucket keeps versions: what was deleted stays there as an old version, until that is deleted, "
                    "too.");
}
