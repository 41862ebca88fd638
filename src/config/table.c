#include "table.h"

#include "error.h"
#include "io.h"
#include "query.h"
#include "schema.h"
#include "scoped.h"
#include "table_private.h"
#include "utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whoever may write to the home may put another table there, and with it decide which KMS is asked. */
static enum sealift_status
check_home(const char *home, struct sealift_error *err)
{
    struct stat about;

    if (stat(home, &about) != 0)
        return error_errno(err, errno, "%s: cannot look at it", home);
    if (about.st_uid != geteuid() && about.st_uid != 0)
        return error_set(
            err, SEALIFT_DENIED,
            "%s: belongs to user id %u, who could replace the configuration table; run as that user, or choose "
            "another home with SEALIFT_HOME",
            home, (unsigned)about.st_uid);
    if ((about.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return error_set(
            err, SEALIFT_DENIED,
            "%s: others may write to it and could replace the configuration table; take that right away: chmod "
            "go-w %s",
            home, home);
    return SEALIFT_OK;
}

/* The whole check, indexes included, at every opening: a table is small, and a damaged index answers
 * "there is none". */
static enum sealift_status
check_integrity(struct db *db, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    char finding[256] = "no answer";
    bool row;

    TRY(query_prepare(db, "PRAGMA integrity_check(1)", &query, err));
    TRY(query_row(&query, &row, err));
    if (row)
        query_read_text(&query, finding, sizeof(finding));
    if (strcmp(finding, "ok") == 0)
        return SEALIFT_OK;
    (void)error_set(err, SEALIFT_CORRUPT, "it is damaged (%s)", finding);
    return db_call_damaged(db, err);
}

static enum sealift_status
open_db(const struct world *world, const char *home, struct db *ret_db, struct sealift_error *err)
{
    SCOPED(free_done) char *path = NULL;
    SCOPED(db_done) struct db db = {0};

    TRY(text_format(&path, "%s/sealift.db", err, home));
    TRY(db_open(world, path, &db, err));
    TRY(check_integrity(&db, err));
    TRY(schema_migrate(&db, err));
    *ret_db = db;
    db = (struct db){0};
    return SEALIFT_OK;
}

enum sealift_status
table_open(const struct world *world, const char *home, struct table **ret_table, struct sealift_error *err)
{
    SCOPED(table_close) struct table *table = calloc(1, sizeof(*table));

    if (table == NULL)
        return error_no_memory(err);
    TRY(io_make_folders(home, 0700, err));
    TRY(check_home(home, err));
    TRY(open_db(world, home, &table->db, err));
    *ret_table = TAKE(table);
    return SEALIFT_OK;
}

void
table_close(struct table **table)
{
    if (*table != NULL)
        db_done(&(*table)->db);
    free_done(table);
}

static bool
has_control_characters(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
        if ((unsigned char)text[0] == 0xc2 && (unsigned char)text[1] < 0xa0)
            return true; /* U+0080 to U+009F: a terminal may obey them too */
    }
    return false;
}

enum sealift_status
table_check_name(const char *what, const char *name, struct sealift_error *err)
{
    size_t len = strlen(name);

    if (len == 0)
        return error_set(err, SEALIFT_INVALID, "the name of the %s must not be empty", what);
    if (len >= TABLE_NAME_MAX)
        return error_set(err, SEALIFT_INVALID, "the name of the %s has %zu bytes; at most %d are allowed", what, len,
                         TABLE_NAME_MAX - 1);
    if (!utf8_is_valid(bytes_of_text(name)) || has_control_characters(name))
        return error_set(err, SEALIFT_INVALID, "the name of the %s must be UTF-8 without control characters", what);
    if (strchr(name, '/') != NULL || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return error_set(err, SEALIFT_INVALID, "\"%s\" cannot be the name of the %s: no slashes, nor \".\" or \"..\"",
                         name, what);
    return SEALIFT_OK;
}
