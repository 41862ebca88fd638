#include "key_line.h"

#include "visible.h"

#include <inttypes.h>

static void
write_what(FILE *out, const struct key_line *line)
{
    const char *name = line->filesystem != NULL ? line->filesystem : line->filesystem_id;

    visible_write(out, name != NULL ? name : line->obs != NULL ? line->obs : "");
    if (line->snapshot != NULL) {
        putc(' ', out);
        visible_write(out, line->snapshot);
    }
    if (line->locator != NULL) {
        fputs("  ", out);
        visible_write(out, line->locator);
    }
}

/* "vault team/a transit/cluster-key version 2" */
static void
write_key(FILE *out, const struct key_line *line)
{
    fprintf(out, "%s ", line->kms_type);
    if (line->kms_namespace != NULL) {
        visible_write(out, line->kms_namespace);
        putc(' ', out);
    }
    if (line->kms_mount != NULL) {
        visible_write(out, line->kms_mount);
        putc('/', out);
    }
    visible_write(out, line->kms_key_identifier);
    if (line->kms_key_version != 0)
        fprintf(out, " version %" PRId64, line->kms_key_version);
}

static void
write_wrappings(FILE *out, const struct key_line *line)
{
    if (line->wrappings > 1)
        fprintf(out,
                "  (%" PRIu64 " wrappings: %" PRIu64 " open by the condemned key, %" PRIu64 " by another, %" PRIu64
                " by none)",
                line->wrappings, line->condemned, line->others, line->wrappings - line->condemned - line->others);
}

void
key_line_write(FILE *out, const struct key_line *line)
{
    fprintf(out, "%-8s  %-10s  ", line->result, line->kind);
    write_what(out, line);
    if (line->wrapping != NULL) {
        fprintf(out, "  %s%s%s by ", line->wrapping, line->record != NULL ? " " : "",
                line->record != NULL ? line->record : "");
        write_key(out, line);
    }
    write_wrappings(out, line);
    if (line->problem != NULL) {
        fputs(": ", out);
        visible_write(out, line->problem);
    }
    putc('\n', out);
    fflush(out);
}
