/* What an upload would carry, for `sealift fs snapshot upload --dry-run`. */
#ifndef DRY_RUN_H
#define DRY_RUN_H

#include "cli.h"

/* Shows the totals, and with --verbose or --json each entry. DENIED, after that, when an upload would fail because of
 * what cannot be read. */
enum sealift_status dry_run(struct cli *cli, const struct sealift_upload_spec *spec, struct sealift_error *err);

extern const struct column dry_run_entry_columns[];
extern const struct column dry_run_columns[];

#endif
