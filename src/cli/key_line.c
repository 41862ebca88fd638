#include "key_line.h"

#include "visible.h"

#include <inttypes.h>

static void
write_what(FILE *out, const struct sealift_keyed *keyed)
{
    const char *name = keyed->filesystem != NULL ? keyed->filesystem : keyed->filesystem_id;

    visible_write(out, name != NULL ? name : keyed->obs != NULL ? keyed->obs : "");
    if (keyed->snapshot != NULL) {
        putc(' ', out);
        visible_write(out, keyed->snapshot);
    }
    if (keyed->locator != NULL) {
        fputs("  ", out);
        visible_write(out, keyed->locator);
    }
}

/* "vault team/a transit/cluster-key version 2" */
static void
write_key(FILE *out, const struct sealift_keyed *keyed)
{
    fprintf(out, "%s ", keyed->kms_type);
    if (keyed->kms_namespace != NULL) {
        visible_write(out, keyed->kms_namespace);
        putc(' ', out);
    }
    if (keyed->kms_mount != NULL) {
        visible_write(out, keyed->kms_mount);
        putc('/', out);
    }
    visible_write(out, keyed->kms_key_identifier);
    if (keyed->kms_key_version != 0)
        fprintf(out, " version %" PRId64, keyed->kms_key_version);
}

void
key_line_write(FILE *out, const char *result, const struct sealift_keyed *keyed, const char *remark)
{
    fprintf(out, "%-8s  %-10s  ", result, keyed->kind);
    write_what(out, keyed);
    if (keyed->wrapping != NULL) {
        fprintf(out, "  %s%s%s by ", keyed->wrapping, keyed->record != NULL ? " " : "",
                keyed->record != NULL ? keyed->record : "");
        write_key(out, keyed);
    }
    if (remark != NULL)
        fprintf(out, "  (%s)", remark);
    if (keyed->problem != NULL) {
        fputs(": ", out);
        visible_write(out, keyed->problem);
    }
    putc('\n', out);
    fflush(out);
}
