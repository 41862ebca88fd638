/* docs/JSON.md and the tables of columns say the same. */
#include "cmd_cluster_recover.h"
#include "cmd_cluster_show.h"
#include "cmd_fs_download.h"
#include "cmd_fs_lock.h"
#include "cmd_fs_rekey.h"
#include "cmd_fs_remove.h"
#include "cmd_fs_unlock.h"
#include "cmd_kms_check.h"
#include "cmd_kms_drill.h"
#include "cmd_kms_impact.h"
#include "cmd_snapshot_get.h"
#include "cmd_snapshot_remove.h"
#include "cmd_snapshot_upload.h"
#include "cmd_snapshot_verify.h"
#include "dry_run.h"
#include "entry_view.h"
#include "fake_sealift.h"
#include "fs_view.h"
#include "key_view.h"
#include "kms_view.h"
#include "obs_view.h"
#include "rewrapped_view.h"
#include "snapshot_view.h"

#include <criterion/criterion.h>

static const struct {
    const char *name;
    const struct column *columns;
} schemas[] = {
    {"cluster", cmd_cluster_show_columns},
    {"recovered", cmd_cluster_recover_columns},
    {"obs", obs_view_columns},
    {"bucket-snapshot", snapshot_view_bucket_columns},
    {"kms", kms_view_columns},
    {"kms-finding", cmd_kms_check_columns},
    {"rewrapped", rewrapped_view_columns},
    {"drilled", cmd_kms_drill_columns},
    {"drill", cmd_kms_drill_totals_columns},
    {"impacted", cmd_kms_impact_columns},
    {"impact", cmd_kms_impact_totals_columns},
    {"fs", fs_view_columns},
    {"unlocked", cmd_fs_unlock_columns},
    {"holder", cmd_fs_lock_columns},
    {"download", cmd_fs_download_columns},
    {"rekey", cmd_fs_rekey_columns},
    {"key", key_view_columns},
    {"removal", cmd_fs_remove_columns},
    {"removed", cmd_fs_remove_removed_columns},
    {"snapshot", snapshot_view_columns},
    {"upload", cmd_snapshot_upload_columns},
    {"dry-run-entry", dry_run_entry_columns},
    {"dry-run", dry_run_columns},
    {"verify-keys", cmd_snapshot_verify_keys_columns},
    {"verify-objects", cmd_snapshot_verify_objects_columns},
    {"verify-read", cmd_snapshot_verify_read_columns},
    {"verify-data", cmd_snapshot_verify_data_columns},
    {"entry", entry_view_columns},
    {"get", cmd_snapshot_get_columns},
    {"snapshot-removal", cmd_snapshot_remove_columns},
    {"unused", cmd_snapshot_remove_unused_columns},
    {"version", cli_version_columns},
    {"error", console_error_columns},
    {"progress", console_progress_columns},
    {"notice", console_notice_columns},
    {"log", console_log_columns},
};
#define SCHEMAS (sizeof(schemas) / sizeof(schemas[0]))

static char document[65536];

static void
read_document(void)
{
    FILE *file = fopen(TEST_VECTORS "/../../docs/JSON.md", "r");
    size_t len;

    cr_assert_neq(file, NULL);
    len = fread(document, 1, sizeof(document) - 1, file);
    document[len] = '\0';
    fclose(file);
}

/* The section's table, from its first row on. */
static const char *
find_rows(const char *name)
{
    char title[64];
    const char *at;

    snprintf(title, sizeof(title), "\n### %s\n", name);
    at = strstr(document, title);
    cr_assert_neq(at, NULL, "docs/JSON.md has no section %s", name);
    at = strstr(at, "| --- | --- | --- |\n");
    cr_assert_neq(at, NULL, "%s", name);
    return strchr(at, '\n') + 1;
}

Test(json_schema, documents_each_key_in_order_with_its_type_and_no_other)
{
    read_document();
    for (size_t i = 0; i < SCHEMAS; i++) {
        const char *row = find_rows(schemas[i].name);

        for (const struct column *column = schemas[i].columns; column->type != COLUMN_END; column++) {
            char wanted[128];

            snprintf(wanted, sizeof(wanted), "| `%s` | %s |", column->key, column_type_name(column->type));
            cr_assert_eq(strncmp(row, wanted, strlen(wanted)), 0, "%s: expected %s in docs/JSON.md, found %.60s",
                         schemas[i].name, wanted, row);
            row = strchr(row, '\n') + 1;
        }
        cr_assert_neq(*row, '|', "%s: docs/JSON.md has a key too many: %.60s", schemas[i].name, row);
    }
}

Test(json_schema, documents_no_section_that_is_not_there)
{
    size_t sections = 0;

    read_document();
    for (const char *at = document; (at = strstr(at, "\n### ")) != NULL; at++)
        sections++;
    cr_assert_eq(sections, SCHEMAS);
}
