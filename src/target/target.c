#include "target.h"

#include "attributes.h"
#include "beneath.h"
#include "chattr.h"
#include "descriptors.h"
#include "dir_stack.h"
#include "entry_path.h"
#include "error.h"
#include "pending_dirs.h"
#include "scoped.h"
#include "shown_path.h"
#include "target_file.h"
#include "target_root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct target {
    const struct world *world;
    char *path; /* as the admin named it */
    struct report report;
    int root;
    struct dir_stack here;   /* where entries are made */
    struct dir_stack firsts; /* where hard links lead to */
    bool left_out;           /* an entry could not be made here */
    struct buf without;      /* the path of the last directory that could not: nor can what lies in it */
    struct dir_stack done;   /* where directories get their attributes */
    struct pending_dirs pending;
};

void
target_free(struct target **target)
{
    if (*target == NULL)
        return;
    dir_stack_done(&(*target)->here);
    dir_stack_done(&(*target)->firsts);
    dir_stack_done(&(*target)->done);
    pending_dirs_done(&(*target)->pending);
    buf_done(&(*target)->without);
    fd_done(&(*target)->root);
    free((*target)->path);
    free(*target);
    *target = NULL;
}

typedef enum sealift_status open_root(const struct report *report, int *ret_fd, struct sealift_error *err);

static enum sealift_status
open_target(const struct world *world, const char *path, const struct report *report, open_root *open,
            struct target **ret_target, struct sealift_error *err)
{
    SCOPED(target_free) struct target *target = calloc(1, sizeof(*target));

    if (target == NULL)
        return error_no_memory(err);
    target->world = world;
    target->root = -1;
    descriptors_raise_limit();
    TRY(text_copy(path, &target->path, err));
    target->report = *report;
    target->report.root = target->path;
    TRY(open(&target->report, &target->root, err));
    target->here.root = target->firsts.root = target->done.root = target->root;
    *ret_target = TAKE(target);
    return SEALIFT_OK;
}

enum sealift_status
target_open(const struct world *world, const char *path, target_degraded *degraded, void *context,
            struct target **ret_target, struct sealift_error *err)
{
    const struct report report = {.degraded = degraded, .context = context};

    return open_target(world, path, &report, target_root_open, ret_target, err);
}

enum sealift_status
target_open_shared(const struct world *world, const char *path, target_degraded *degraded, void *context,
                   struct target **ret_target, struct sealift_error *err)
{
    const struct report report = {.degraded = degraded, .context = context};

    return open_target(world, path, &report, target_root_open_shared, ret_target, err);
}

/* Where an entry is to be made: its directory, and its name there. */
struct place {
    int parent;
    char name[NAME_MAX + 1];
};

static enum sealift_status
find_place(struct target *target, struct dir_stack *stack, struct bytes path, struct place *ret_place,
           struct sealift_error *err)
{
    if (path.len == 0 || !tree_path_is_valid(path))
        return error_set(err, SEALIFT_CORRUPT, "%s: the tree holds this path, which cannot be restored",
                         shown_path(path).text);
    entry_path_name(path, ret_place->name);
    return dir_stack_enter(stack, entry_path_parent(path), &target->report, &ret_place->parent, err);
}

/* A fresh filesystem has a lost+found, and so may the tree: then this is the one. */
static bool
is_lost_and_found(const struct place *place, struct bytes path)
{
    struct stat stat;

    return bytes_equal(path, bytes_of_text(TARGET_LOST_AND_FOUND)) &&
           fstatat(place->parent, place->name, &stat, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(stat.st_mode);
}

static enum sealift_status
leave_out(struct target *target, const struct tree_entry *entry, const char *what)
{
    target->left_out = true;
    report_degraded(&target->report, entry->path, "%s", what);
    return SEALIFT_OK;
}

#define NAME_TOO_LONG "it was left out: its name is longer than this filesystem allows"

static enum sealift_status
leave_out_directory(struct target *target, const struct tree_entry *entry, struct sealift_error *err)
{
    buf_clear(&target->without);
    TRY(buf_append_bytes(&target->without, entry->path, err));
    return leave_out(target, entry, NAME_TOO_LONG ", and with it all that lies in it");
}

static bool
lies_in_what_is_left_out(const struct target *target, struct bytes path)
{
    return target->without.len > 0 && entry_path_is_within(path, buf_bytes(&target->without));
}

static enum sealift_status
leave_out_with_directory(struct target *target, const struct tree_entry *entry)
{
    return leave_out(target, entry, "it was left out, since its directory was");
}

static enum sealift_status
prepare_root(struct target *target, const struct tree_entry *entry, struct sealift_error *err)
{
    struct attributes attributes = attributes_of(entry);

    return chattr_set(&attributes, CHATTR_EMPTY, target->root, entry->path, &target->report, err);
}

static enum sealift_status
prepare_directory(struct target *target, const struct place *place, const struct tree_entry *entry,
                  struct sealift_error *err)
{
    struct attributes attributes = attributes_of(entry);
    SCOPED(fd_done) int fd = -1;

    if (!chattr_has(&attributes, CHATTR_EMPTY))
        return SEALIFT_OK;
    fd = beneath_open(place->parent, place->name, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return report_failure(&target->report, errno, entry->path, "open the directory", err);
    return chattr_set(&attributes, CHATTR_EMPTY, fd, entry->path, &target->report, err);
}

static enum sealift_status
make_directory(struct target *target, const struct place *place, const struct tree_entry *entry,
               struct sealift_error *err)
{
    if (mkdirat(place->parent, place->name, 0700) == 0)
        return prepare_directory(target, place, entry, err);
    if (errno == EEXIST && is_lost_and_found(place, entry->path))
        return SEALIFT_OK;
    if (errno == ENAMETOOLONG)
        return leave_out_directory(target, entry, err);
    return report_failure(&target->report, errno, entry->path, "make the directory", err);
}

enum sealift_status
target_check_free(struct target *target, struct bytes path, struct sealift_error *err)
{
    struct place place;
    struct stat stat;
    enum sealift_status status = find_place(target, &target->here, path, &place, err);

    if (status == SEALIFT_NOT_FOUND) /* a directory on the way: then nothing is in it */
        return SEALIFT_OK;
    TRY(status);
    if (fstatat(place.parent, place.name, &stat, AT_SYMLINK_NOFOLLOW) == 0)
        return error_set(
            err, SEALIFT_CONFLICT,
            "%s: holds %s already, and nothing is overwritten; move that away, or choose another directory",
            target->path, shown_path(path).text);
    return errno == ENOENT ? SEALIFT_OK : report_failure(&target->report, errno, path, "look at", err);
}

static bool
is_directory(const struct place *place)
{
    SCOPED(fd_done) int fd = beneath_open(place->parent, place->name, O_PATH | O_DIRECTORY, 0);

    return fd >= 0;
}

enum sealift_status
target_make_way(struct target *target, const struct tree_entry *entry, bool *ret_made, struct sealift_error *err)
{
    struct place place;
    bool is_there;

    TRY(world_check_cancel(target->world, err));
    TRY(find_place(target, &target->here, entry->path, &place, err));
    is_there = is_directory(&place);
    if (!is_there)
        TRY(make_directory(target, &place, entry, err));
    *ret_made = !is_there;
    return SEALIFT_OK;
}

static enum sealift_status
make_hard_link(struct target *target, const struct place *place, const struct tree_entry *entry,
               struct sealift_error *err)
{
    static const char missing[] = "this name was left out: the entry that it is another name of could not be made";
    struct place first;
    enum sealift_status status = find_place(target, &target->firsts, entry->target, &first, err);

    if (status == SEALIFT_NOT_FOUND && target->left_out)
        return leave_out(target, entry, missing);
    TRY(status);
    if (linkat(first.parent, first.name, place->parent, place->name, 0) == 0)
        return SEALIFT_OK;
    if (errno == ENOENT && target->left_out)
        return leave_out(target, entry, missing);
    if (errno == ENAMETOOLONG)
        return leave_out(target, entry, NAME_TOO_LONG);
    return report_failure(&target->report, errno, entry->path, "make the hard link", err);
}

static mode_t
mode_of_node(enum tree_type type)
{
    switch (type) {
    case TREE_FIFO:
        return S_IFIFO;
    case TREE_SOCKET:
        return S_IFSOCK;
    case TREE_CHARACTER_DEVICE:
        return S_IFCHR;
    case TREE_BLOCK_DEVICE:
        return S_IFBLK;
    default:
        return S_IFLNK;
    }
}

static enum sealift_status
check_link_target(const struct tree_entry *entry, struct sealift_error *err)
{
    struct bytes target = entry->target;

    if (target.len == 0 || target.len >= PATH_MAX || memchr(target.data, '\0', target.len) != NULL)
        return error_set(err, SEALIFT_CORRUPT, "%s: the tree lets this link point to what can be no path",
                         shown_path(entry->path).text);
    return SEALIFT_OK;
}

/* 0, or -1 and errno. */
static int
make_symlink(const struct place *place, struct bytes target)
{
    char text[PATH_MAX];

    memcpy(text, target.data, target.len);
    text[target.len] = '\0';
    return symlinkat(text, place->parent, place->name);
}

static int
make_inode(const struct place *place, const struct tree_entry *entry)
{
    mode_t mode = mode_of_node(entry->type) | 0600;

    if (entry->type == TREE_SYMLINK)
        return make_symlink(place, entry->target);
    return mknodat(place->parent, place->name, mode, makedev(entry->major, entry->minor));
}

/* What was just made is opened to set its attributes, and looked at first: nobody else can write here, but a chmod()
 * must not even then hit something else. */
static enum sealift_status
set_node_attributes(struct target *target, const struct place *place, const struct tree_entry *entry,
                    struct sealift_error *err)
{
    SCOPED(fd_done) int fd = beneath_open(place->parent, place->name, O_PATH | O_NOFOLLOW, 0);
    struct attributes attributes = attributes_of(entry);
    struct stat stat;

    if (fd < 0 || fstat(fd, &stat) != 0)
        return report_failure(&target->report, errno, entry->path, "open", err);
    if ((stat.st_mode & S_IFMT) != mode_of_node(entry->type))
        return report_failure(&target->report, EEXIST, entry->path, "finish", err);
    return attributes_set(&attributes, fd, true, entry->path, &target->report, err);
}

static enum sealift_status
make_node(struct target *target, const struct place *place, const struct tree_entry *entry, struct sealift_error *err)
{
    if (entry->type == TREE_SYMLINK)
        TRY(check_link_target(entry, err));
    if (make_inode(place, entry) == 0)
        return set_node_attributes(target, place, entry, err);
    if (errno == EPERM || errno == EOPNOTSUPP)
        return leave_out(target, entry,
                         "it could not be made: this user, or this filesystem, may have none of its kind");
    if (errno == ENAMETOOLONG && entry->type == TREE_SYMLINK)
        return leave_out(target, entry, "it could not be made: this filesystem takes no link that points so far");
    if (errno == ENAMETOOLONG)
        return leave_out(target, entry, NAME_TOO_LONG);
    return report_failure(&target->report, errno, entry->path, "make", err);
}

enum sealift_status
target_make(struct target *target, const struct tree_entry *entry, struct sealift_error *err)
{
    struct place place;

    TRY(world_check_cancel(target->world, err));
    if (entry->path.len == 0)
        return prepare_root(target, entry, err);
    if (lies_in_what_is_left_out(target, entry->path))
        return leave_out_with_directory(target, entry);
    TRY(find_place(target, &target->here, entry->path, &place, err));
    switch (entry->type) {
    case TREE_DIRECTORY:
        return make_directory(target, &place, entry, err);
    case TREE_HARD_LINK:
        return make_hard_link(target, &place, entry, err);
    case TREE_FILE:
        return error_set(err, SEALIFT_INTERNAL, "%s: is a file", shown_path(entry->path).text);
    default:
        return make_node(target, &place, entry, err);
    }
}

/* Half of what a file holds must not look like a file: one that is larger than a file may be here is not begun. Most
 * cannot be, and are not asked for. */
#define ALWAYS_FITS ((uint64_t)UINT32_MAX)

static enum sealift_status
make_room(struct target *target, const struct place *place, const struct tree_entry *entry, int *fd,
          struct sealift_error *err)
{
    if (entry->size <= ALWAYS_FITS || ftruncate(*fd, (off_t)entry->size) == 0)
        return SEALIFT_OK;
    if (errno != EFBIG || unlinkat(place->parent, place->name, 0) != 0)
        return report_failure(&target->report, errno, entry->path, "set the size of", err);
    fd_done(fd);
    return leave_out(target, entry, "it was left out: it is larger than a file may be on this filesystem");
}

/* *ret_fd is negative when it was left out. */
static enum sealift_status
create_file(struct target *target, const struct tree_entry *entry, int *ret_fd, struct sealift_error *err)
{
    SCOPED(fd_done) int fd = -1;
    struct place place;

    *ret_fd = -1;
    if (lies_in_what_is_left_out(target, entry->path))
        return leave_out_with_directory(target, entry);
    TRY(find_place(target, &target->here, entry->path, &place, err));
    fd = beneath_open(place.parent, place.name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0 && errno == ENAMETOOLONG)
        return leave_out(target, entry, NAME_TOO_LONG);
    if (fd < 0)
        return report_failure(&target->report, errno, entry->path, "make the file", err);
    TRY(make_room(target, &place, entry, &fd, err));
    *ret_fd = fd;
    fd = -1;
    return SEALIFT_OK;
}

enum sealift_status
target_file_make(struct target *target, const struct tree_entry *entry, struct target_file **ret_file,
                 struct sealift_error *err)
{
    int fd;

    TRY(world_check_cancel(target->world, err));
    TRY(create_file(target, entry, &fd, err));
    return target_file_new(fd, entry, &target->report, ret_file, err);
}

/* Its ancestors still are 0700 and ours, so that the way to it is open whatever modes the tree has. */
static enum sealift_status
finish_deepest(struct target *target, struct sealift_error *err)
{
    struct attributes attributes;
    struct bytes path;
    int fd;

    pending_dirs_deepest(&target->pending, &path, &attributes);
    TRY(dir_stack_enter(&target->done, path, &target->report, &fd, err));
    TRY(attributes_set(&attributes, fd, false, path, &target->report, err));
    TRY(chattr_set(&attributes, CHATTR_LAST, fd, path, &target->report, err));
    pending_dirs_pop(&target->pending);
    return SEALIFT_OK;
}

/* A file that nothing more is to be done to. Its directory still is 0700, and holds no flag of this kind. */
static enum sealift_status
finish_file(struct target *target, const struct tree_entry *entry, const struct attributes *attributes,
            struct sealift_error *err)
{
    SCOPED(fd_done) int fd = -1;
    struct place place;
    struct stat stat;

    TRY(find_place(target, &target->done, entry->path, &place, err));
    fd = beneath_open(place.parent, place.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd < 0 && (errno == ENOENT || errno == ENAMETOOLONG) && target->left_out)
        return SEALIFT_OK;
    if (fd < 0 && errno == EACCES) {
        report_degraded(&target->report, entry->path,
                        "it could not be made immutable or append-only: this user may not open it");
        return SEALIFT_OK;
    }
    if (fd < 0 || fstat(fd, &stat) != 0)
        return report_failure(&target->report, errno, entry->path, "open", err);
    if (!S_ISREG(stat.st_mode))
        return report_failure(&target->report, EEXIST, entry->path, "finish", err);
    return chattr_set(attributes, CHATTR_LAST, fd, entry->path, &target->report, err);
}

static enum sealift_status
was_made(struct target *target, struct bytes path, bool *ret_made, struct sealift_error *err)
{
    struct place place;

    *ret_made = true;
    if (path.len == 0 || !target->left_out)
        return SEALIFT_OK;
    TRY(find_place(target, &target->done, path, &place, err));
    *ret_made = is_directory(&place);
    return SEALIFT_OK;
}

static enum sealift_status
finish_directory(struct target *target, const struct tree_entry *entry, const struct attributes *attributes,
                 struct sealift_error *err)
{
    bool made;

    if (entry->path.len > 0 && !tree_path_is_valid(entry->path))
        return error_set(err, SEALIFT_CORRUPT, "%s: the tree holds this path, which cannot be restored",
                         shown_path(entry->path).text);
    while (!pending_dirs_is_empty(&target->pending) &&
           !entry_path_is_within(entry->path, buf_bytes(&target->pending.path)))
        TRY(finish_deepest(target, err));
    TRY(was_made(target, entry->path, &made, err));
    if (made)
        return pending_dirs_push(&target->pending, entry->path, attributes, err);
    buf_clear(&target->without);
    return buf_append_bytes(&target->without, entry->path, err);
}

enum sealift_status
target_finish_entry(struct target *target, const struct tree_entry *entry, struct sealift_error *err)
{
    struct attributes attributes = attributes_of(entry);

    TRY(world_check_cancel(target->world, err));
    if (lies_in_what_is_left_out(target, entry->path))
        return SEALIFT_OK;
    if (entry->type == TREE_DIRECTORY)
        return finish_directory(target, entry, &attributes, err);
    if (entry->type == TREE_FILE && chattr_has(&attributes, CHATTR_LAST))
        return finish_file(target, entry, &attributes, err);
    return SEALIFT_OK;
}

enum sealift_status
target_finish(struct target *target, struct sealift_error *err)
{
    while (!pending_dirs_is_empty(&target->pending))
        TRY(finish_deepest(target, err));
    if (syncfs(target->root) != 0)
        return report_failure(&target->report, errno, (struct bytes){NULL, 0}, "make durable", err);
    return SEALIFT_OK;
}
