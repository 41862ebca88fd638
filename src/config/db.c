#include "db.h"

#include "backoff.h"
#include "error.h"
#include "io.h"
#include "scoped.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MS 10000

void
db_done(struct db *db)
{
    sqlite3_close(db->handle);
    db->handle = NULL;
    free_done(&db->path);
}

enum sealift_status
db_call_damaged(const struct db *db, struct sealift_error *err)
{
    err->status = SEALIFT_CORRUPT;
    (void)error_prefix(err, "%s", db->path);
    return error_hint(err,
                      "restore it from a backup; without one, move it away, then set the KMS and add the object stores "
                      "again: they still hold every uploaded snapshot with its wrapped key");
}

/* errno's text behind `what`, and the way out. */
static enum sealift_status
explain_errno(const char *path, int error_number, const char *what, struct sealift_error *err)
{
    if (error_number == 0) /* SQLite did not get as far as the operating system */
        return error_set(err, SEALIFT_IO, "%s: %s", path, what);
    (void)error_errno(err, error_number, "%s: %s", path, what);
    switch (error_number) {
    case ENOSPC:
    case EDQUOT:
        return error_hint(err, "free some space there, then run the command again");
    case EACCES:
    case EPERM:
        return error_hint(err, "user id %u must be allowed to write it and its folder", (unsigned)geteuid());
    case EROFS:
        return error_hint(err, "mount the file system for writing, or choose another home with SEALIFT_HOME");
    default:
        return err->status = SEALIFT_IO;
    }
}

enum sealift_status
db_explain(const struct db *db, int code, struct sealift_error *err)
{
    const char *message = sqlite3_errmsg(db->handle);

    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return error_set(err, SEALIFT_UNAVAILABLE, "%s: another process has been using it for %d s; try again later",
                         db->path, BUSY_TIMEOUT_MS / 1000);
    case SQLITE_NOMEM:
        return error_no_memory(err);
    case SQLITE_FULL:
        return error_set(err, SEALIFT_IO, "%s: the disk is full; free some space there, then run the command again",
                         db->path);
    case SQLITE_READONLY:
        return error_set(err, SEALIFT_DENIED,
                         "%s: cannot be written; user id %u must be allowed to write it and its folder", db->path,
                         (unsigned)geteuid());
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return explain_errno(db->path, sqlite3_system_errno(db->handle), message, err);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* the statements are right: it is the schema that is not what it should be */
        (void)error_set(err, SEALIFT_CORRUPT, "it is damaged (%s)", message);
        return db_call_damaged(db, err);
    default:
        return error_set(err, SEALIFT_INTERNAL, "%s: %s (SQLite's code %d)", db->path, message, code);
    }
}

enum sealift_status
db_run(struct db *db, const char *sql, struct sealift_error *err)
{
    int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? SEALIFT_OK : db_explain(db, code, err);
}

/* Not by SQLite, which heeds the umask alone. And never by opening a file that is there: closing it again would take
 * away the locks that this process may hold on it (POSIX locks are like that). */
static enum sealift_status
make_file(const char *path, struct sealift_error *err)
{
    SCOPED(fd_done) int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    struct stat about;

    if (fd >= 0)
        return io_sync_folder_of(path, err);
    if (errno != EEXIST || stat(path, &about) != 0)
        return explain_errno(path, errno, "cannot create it", err);
    if (!S_ISREG(about.st_mode))
        return error_set(err, SEALIFT_INVALID, "%s: is no file", path);
    if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) != 0)
        return explain_errno(path, errno, "cannot read and write it", err);
    if ((about.st_mode & 077) != 0 && chmod(path, 0600) != 0)
        return explain_errno(path, errno, "others may read or write it, and that cannot be changed", err);
    return SEALIFT_OK;
}

static void
harden(sqlite3 *handle)
{
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, BUSY_TIMEOUT_MS);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
}

/* Of two processes that make the same file at once, SQLite tells one BUSY without waiting, to avoid a deadlock. Where
 * the file system has no shared memory, it stays with its rollback journal: as safe, only slower. */
static enum sealift_status
switch_to_wal(struct db *db, struct sealift_error *err)
{
    struct backoff backoff = {.base_ns = 20 * NS_PER_MS, .cap_ns = NS_PER_S, .tries = 10};
    enum sealift_status status;

    do
        status = db_run(db, "PRAGMA journal_mode = WAL", err);
    while (status == SEALIFT_UNAVAILABLE && backoff_wait(&backoff, db->world));
    return status;
}

enum sealift_status
db_open(const struct world *world, const char *path, struct db *ret_db, struct sealift_error *err)
{
    SCOPED(db_done) struct db db = {.world = world};
    int code;

    TRY(make_file(path, err));
    TRY(text_copy(path, &db.path, err));
    code = sqlite3_open_v2(path, &db.handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK)
        return db_explain(&db, code, err);
    harden(db.handle);
    TRY(switch_to_wal(&db, err));
    TRY(db_run(&db, "PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON", err));
    *ret_db = db;
    db = (struct db){0};
    return SEALIFT_OK;
}
