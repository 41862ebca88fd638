#include "entry_reader.h"

#include "descriptors.h"
#include "error.h"
#include "inode.h"
#include "inode_flags.h"
#include "inode_xattrs.h"
#include "io.h"
#include "quiet_open.h"
#include "scoped.h"
#include "shown_path.h"
#include "walk_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file up to this size whose blocks cover it is taken to have no hole: that spares two calls a file, and a hole that
 * is missed in it costs little. */
#define ASK_FOR_HOLES_FROM ((uint64_t)1 << 20)

struct run {
    uint64_t begin;
    uint64_t end;
    bool hole;
};

struct entry_reader {
    const struct world *world;
    int fd;
    bool is_path;            /* fd: of the kind that O_PATH gives */
    struct shown_path shown; /* for messages */
    struct tree_entry meta;
    struct buf path;
    struct buf link_target;
    struct inode_xattrs xattrs;
    bool may_have_holes;
    struct run run; /* the last one that was found; [0, 0) when there is none */
};

enum sealift_status
entry_reader_new(const struct world *world, struct entry_reader **ret_reader, struct sealift_error *err)
{
    struct entry_reader *reader = calloc(1, sizeof(*reader));

    if (reader == NULL)
        return error_no_memory(err);
    reader->world = world;
    reader->fd = -1;
    *ret_reader = reader;
    return SEALIFT_OK;
}

void
entry_reader_free(struct entry_reader **reader)
{
    if (*reader == NULL)
        return;
    entry_reader_close(*reader);
    buf_done(&(*reader)->path);
    buf_done(&(*reader)->link_target);
    inode_xattrs_done(&(*reader)->xattrs);
    free(*reader);
    *reader = NULL;
}

void
entry_reader_close(struct entry_reader *reader)
{
    fd_done(&reader->fd);
}

const struct tree_entry *
entry_reader_meta(const struct entry_reader *reader)
{
    return &reader->meta;
}

static enum sealift_status
say_replaced(const struct entry_reader *reader, struct sealift_error *err)
{
    return error_set(err, SEALIFT_NOT_FOUND, "%s: was replaced by something else while the tree was being read",
                     reader->shown.text);
}

/* What open() answers when a link, a socket or a device has taken a file's or a directory's place. */
static bool
tells_of_replacement(int error_number)
{
    return error_number == ELOOP || error_number == ENOTDIR || error_number == ENXIO || error_number == ENODEV ||
           error_number == ESTALE;
}

/* Only files and directories are opened. Of all others the inode is looked at and nothing more (O_PATH): opening a
 * device may act on it, opening a mount point may mount. So it is with a directory that may not be read; most of its
 * attributes can be had all the same. */
static int
open_as(enum tree_type type, const struct walk_entry *entry, bool *ret_is_path)
{
    int parent = entry->directory->fd;
    int fd;

    *ret_is_path = false;
    if (type == TREE_FILE)
        return quiet_open(parent, entry->name, 0);
    if (type == TREE_DIRECTORY && !entry->is_mount_point) {
        fd = quiet_open(parent, entry->name, O_DIRECTORY);
        if (fd >= 0 || errno != EACCES)
            return fd;
    }
    *ret_is_path = true;
    return openat(parent, entry->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

static enum sealift_status
open_inode(struct entry_reader *reader, const struct walk_entry *entry, enum tree_type type, struct sealift_error *err)
{
    entry_reader_close(reader);
    reader->fd = open_as(type, entry, &reader->is_path);
    if (reader->fd >= 0)
        return SEALIFT_OK;
    TRY(descriptors_check(errno, err));
    if (tells_of_replacement(errno))
        return say_replaced(reader, err);
    return error_errno(err, errno, "%s: cannot open", reader->shown.text);
}

static enum sealift_status
stat_inode(const struct entry_reader *reader, struct statx *ret_stat, struct sealift_error *err)
{
    if (inode_stat(reader->fd, "", ret_stat) != 0)
        return error_errno(err, errno, "%s: cannot read its attributes", reader->shown.text);
    return SEALIFT_OK;
}

static enum sealift_status
read_link_target(struct entry_reader *reader, struct sealift_error *err)
{
    ssize_t len;

    buf_clear(&reader->link_target);
    TRY(buf_reserve(&reader->link_target, PATH_MAX, err));
    len = readlinkat(reader->fd, "", (char *)reader->link_target.data, PATH_MAX);
    if (len < 0)
        return error_errno(err, errno, "%s: cannot read where it points to", reader->shown.text);
    if (len == PATH_MAX)
        return error_set(err, SEALIFT_IO, "%s: points to a path of more than %d bytes", reader->shown.text,
                         PATH_MAX - 1);
    reader->meta.target = (struct bytes){reader->link_target.data, (size_t)len};
    return SEALIFT_OK;
}

/* Everything but the contents, as it is now. */
static enum sealift_status
read_meta(struct entry_reader *reader, const struct walk_entry *entry, enum tree_type type, struct sealift_error *err)
{
    struct statx stat;

    TRY(stat_inode(reader, &stat, err));
    if (inode_device(&stat) != entry->device || stat.stx_ino != entry->meta.inode || inode_type(&stat) != type)
        return say_replaced(reader, err);
    inode_describe(&stat, &reader->meta);
    reader->may_have_holes = stat.stx_blocks < (stat.stx_size + 511) / 512 || stat.stx_size > ASK_FOR_HOLES_FROM;
    reader->run = (struct run){0};
    if (type == TREE_SYMLINK)
        TRY(read_link_target(reader, err));
    if (!reader->is_path)
        TRY(inode_flags_read(reader->fd, reader->shown.text, &reader->meta, err));
    TRY(inode_xattrs_read(&reader->xattrs, reader->fd, reader->is_path, reader->shown.text, err));
    reader->meta.xattrs = buf_bytes(&reader->xattrs.set);
    return SEALIFT_OK;
}

/* The type of the inode that a hard link is one more name of; of all others the walk has told. */
static enum tree_type
type_of_inode(const struct walk_entry *entry)
{
    struct statx stat;

    if (entry->meta.type != TREE_HARD_LINK)
        return entry->meta.type;
    return inode_stat(entry->directory->fd, entry->name, &stat) == 0 ? inode_type(&stat) : TREE_HARD_LINK;
}

enum sealift_status
entry_reader_open(struct entry_reader *reader, const struct walk_entry *entry, struct sealift_error *err)
{
    enum tree_type type = type_of_inode(entry);

    TRY(world_check_cancel(reader->world, err));
    reader->shown = shown_path(entry->meta.path);
    reader->meta = (struct tree_entry){0};
    buf_clear(&reader->path);
    TRY(buf_append_bytes(&reader->path, entry->meta.path, err));
    reader->meta.path = buf_bytes(&reader->path);
    TRY(open_inode(reader, entry, type, err));
    return read_meta(reader, entry, type, err);
}

/* Where data or a hole begins next: *ret_at is the file's size when there is none of it. False: this filesystem cannot
 * tell. */
static enum sealift_status
seek_run(const struct entry_reader *reader, uint64_t from, int whence, uint64_t *ret_at, bool *ret_known,
         struct sealift_error *err)
{
    off_t at = lseek(reader->fd, (off_t)from, whence);
    bool none = at < 0 && errno == ENXIO;
    bool unknown = at < 0 && (errno == EINVAL || errno == EOPNOTSUPP);

    if (at < 0 && !none && !unknown)
        return error_errno(err, errno, "%s: cannot find its holes", reader->shown.text);
    *ret_at = none || unknown || (uint64_t)at > reader->meta.size ? reader->meta.size : (uint64_t)at;
    *ret_known = !unknown;
    return SEALIFT_OK;
}

/* The run that `from`, which is below the size, is in. It ends at the size that the file had when it was opened: one
 * that is being appended to would never end. */
static enum sealift_status
find_run(struct entry_reader *reader, uint64_t from, struct run *ret_run, struct sealift_error *err)
{
    struct run run = {from, reader->meta.size, false};
    uint64_t data;
    bool known;

    if (reader->may_have_holes) {
        TRY(seek_run(reader, from, SEEK_DATA, &data, &known, err));
        run.hole = known && data > from;
        if (run.hole)
            run.end = data;
        else if (known)
            TRY(seek_run(reader, from, SEEK_HOLE, &run.end, &known, err));
        reader->may_have_holes = known;
        /* Punched out between the two calls: it reads as zeros, which is right too. */
        if (run.end <= from)
            run.end = reader->meta.size;
    }
    *ret_run = run;
    return SEALIFT_OK;
}

enum sealift_status
entry_reader_run(struct entry_reader *reader, uint64_t from, uint64_t to, uint64_t *ret_length, bool *ret_hole,
                 struct sealift_error *err)
{
    uint64_t end;

    if (from >= reader->meta.size || from >= to) {
        *ret_length = 0;
        *ret_hole = false;
        return SEALIFT_OK;
    }
    if (from < reader->run.begin || from >= reader->run.end)
        TRY(find_run(reader, from, &reader->run, err));
    end = to < reader->run.end ? to : reader->run.end;
    *ret_length = end - from;
    *ret_hole = reader->run.hole;
    return SEALIFT_OK;
}

enum sealift_status
entry_reader_read(struct entry_reader *reader, uint64_t offset, size_t len, uint8_t *out, size_t *ret_len,
                  struct sealift_error *err)
{
    return io_pread(reader->fd, out, len, offset, ret_len, reader->shown.text, err);
}

enum sealift_status
entry_reader_is_unchanged(struct entry_reader *reader, bool *ret_unchanged, struct sealift_error *err)
{
    struct tree_entry now = {0};
    struct statx stat;

    TRY(stat_inode(reader, &stat, err));
    inode_describe(&stat, &now);
    *ret_unchanged = now.size == reader->meta.size && now.mtime_s == reader->meta.mtime_s &&
                     now.mtime_ns == reader->meta.mtime_ns && now.ctime_s == reader->meta.ctime_s &&
                     now.ctime_ns == reader->meta.ctime_ns;
    return SEALIFT_OK;
}
