#include "walk.h"

#include "border.h"
#include "btrfs.h"
#include "cache_tag.h"
#include "descriptors.h"
#include "error.h"
#include "fscrypt_lock.h"
#include "inode.h"
#include "link_map.h"
#include "name_stack.h"
#include "quiet_open.h"
#include "scoped.h"
#include "shown_path.h"
#include "trail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_MEMORY ((size_t)16 << 20)

struct walk {
    const struct world *world;
    struct walk_options options;
    struct trail *trail;
    struct name_stack *names; /* one directory for each of the trail's */
    struct link_map *links;
    struct statx root;
    bool began;
    bool in_cache;      /* the directory on top is a cache: of it only the tag is given, and nothing is entered */
    bool cache_is_told; /* that something in it was left out */
    struct buf path;    /* of the entry at hand */
};

void
walk_entry_free(struct walk_entry **entry)
{
    if (*entry == NULL)
        return;
    walk_directory_release(&(*entry)->directory);
    free(*entry);
    *entry = NULL;
}

void
walk_free(struct walk **walk)
{
    if (*walk == NULL)
        return;
    trail_free(&(*walk)->trail);
    name_stack_free(&(*walk)->names);
    link_map_free(&(*walk)->links);
    buf_done(&(*walk)->path);
    free(*walk);
    *walk = NULL;
}

[[gnu::format(printf, 4, 5)]] static void
notify(struct walk *walk, enum walk_notice notice, struct bytes path, const char *format, ...)
{
    char reason[256];
    va_list arguments;

    if (walk->options.notify == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    walk->options.notify(walk->options.context, notice, path, reason);
}

static bool
was_replaced(int error_number)
{
    return error_number == ESTALE || error_number == ENOTDIR || error_number == ELOOP;
}

static enum walk_notice
notice_of(int error_number)
{
    return error_number == ENOENT || was_replaced(error_number) ? WALK_VANISHED : WALK_MISSING;
}

static const char *
reason_of(int error_number)
{
    if (was_replaced(error_number))
        return "something else stands there now";
    return strerrordesc_np(error_number);
}

/* Steps into a directory that is open: its names are read, and those are what comes next. */
static enum sealift_status
enter_directory(struct walk *walk, const char *name, const struct statx *stat, struct walk_directory **directory,
                int *ret_errno, struct sealift_error *err)
{
    int fd = (*directory)->fd;

    TRY(trail_push(walk->trail, name, inode_device(stat), stat->stx_ino, directory, err));
    return name_stack_push(walk->names, fd, ret_errno, err);
}

static void
leave_directory(struct walk *walk)
{
    name_stack_pop(walk->names);
    trail_pop(walk->trail);
    walk->in_cache = false;
}

/* Each encrypted directory is asked about, not only the topmost: it may be locked while it is being walked. */
static bool
is_locked(const struct walk_directory *directory, const struct statx *stat)
{
    return (stat->stx_attributes & STATX_ATTR_ENCRYPTED) != 0 && fscrypt_lock_is_on(directory->fd);
}

/* The root is opened twice: a link that an admin names is followed, "." below it is then no link. */
static enum sealift_status
open_root(struct walk *walk, const char *root, struct sealift_error *err)
{
    SCOPED(walk_directory_release) struct walk_directory *directory = NULL;
    SCOPED(fd_done) int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int error_number = 0;

    if (fd < 0 && errno == ENOTDIR)
        return error_set(err, SEALIFT_INVALID, "%s: is no directory", root);
    if (fd < 0 || inode_stat(fd, "", &walk->root) != 0)
        return error_errno(err, errno, "%s: cannot open", root);
    TRY(walk_directory_open(fd, ".", inode_device(&walk->root), walk->root.stx_ino, &directory, &error_number, err));
    if (directory != NULL && is_locked(directory, &walk->root))
        return error_set(err, SEALIFT_CONFLICT, "%s: is locked (fscrypt), and shows made-up names; unlock it first",
                         root);
    if (directory != NULL)
        TRY(enter_directory(walk, "", &walk->root, &directory, &error_number, err));
    if (error_number != 0)
        return error_errno(err, error_number, "%s: cannot read this directory", root);
    return SEALIFT_OK;
}

enum sealift_status
walk_open(const struct world *world, const char *root, const struct walk_options *options, struct walk **ret_walk,
          struct sealift_error *err)
{
    SCOPED(walk_free) struct walk *walk = calloc(1, sizeof(*walk));

    if (walk == NULL)
        return error_no_memory(err);
    walk->world = world;
    walk->options = *options;
    if (walk->options.names_in_memory == 0)
        walk->options.names_in_memory = DEFAULT_MEMORY;
    if (walk->options.links_in_memory == 0)
        walk->options.links_in_memory = DEFAULT_MEMORY;
    descriptors_raise_limit();
    TRY(trail_new(&walk->trail, err));
    TRY(name_stack_new(world, walk->options.names_in_memory, &walk->names, err));
    TRY(link_map_new(world, walk->options.links_in_memory, &walk->links, err));
    TRY(open_root(walk, root, err));
    *ret_walk = TAKE(walk);
    return SEALIFT_OK;
}

/* An entry with its texts behind it, in one piece of memory: path, NUL (so that the name ends), a hard
 * link's target. */
static enum sealift_status
make_entry(struct walk_directory *directory, const struct statx *stat, struct bytes path, struct bytes target,
           struct walk_entry **ret_entry, struct sealift_error *err)
{
    struct walk_entry *entry = calloc(1, sizeof(*entry) + path.len + 1 + target.len);
    char *text = (char *)(entry + 1);
    const char *slash;

    if (entry == NULL)
        return error_no_memory(err);
    if (path.len > 0)
        memcpy(text, path.data, path.len);
    if (target.len > 0)
        memcpy(text + path.len + 1, target.data, target.len);
    slash = strrchr(text, '/');
    entry->name = path.len == 0 ? "." : slash != NULL ? slash + 1 : text;
    entry->directory = walk_directory_hold(directory);
    entry->device = inode_device(stat);
    inode_describe(stat, &entry->meta);
    entry->meta.path = (struct bytes){(const uint8_t *)text, path.len};
    if (target.len > 0) {
        entry->meta.type = TREE_HARD_LINK;
        entry->meta.size = 0;
        entry->meta.target = (struct bytes){(const uint8_t *)text + path.len + 1, target.len};
    }
    *ret_entry = entry;
    return SEALIFT_OK;
}

enum sealift_status
walk_entry_again(const struct walk_entry *entry, struct walk_entry **ret_entry, struct sealift_error *err)
{
    static const struct bytes none = {NULL, 0};
    struct statx stat;

    if (inode_stat(entry->directory->fd, entry->name, &stat) != 0)
        return error_errno(err, errno, "%s: cannot be looked at", shown_path(entry->meta.path).text);
    if (inode_type(&stat) == TREE_DIRECTORY || inode_type(&stat) == 0)
        return error_set(err, SEALIFT_NOT_FOUND, "%s: was replaced by a directory", shown_path(entry->meta.path).text);
    return make_entry(entry->directory, &stat, entry->meta.path, none, ret_entry, err);
}

/* An entry of the directory on top; a later name of an inode that was seen becomes a hard link to the first. */
static enum sealift_status
make_entry_here(struct walk *walk, struct walk_directory *directory, const struct statx *stat,
                struct walk_entry **ret_entry, struct sealift_error *err)
{
    struct link_identity identity = inode_identity(stat);
    struct bytes path = buf_bytes(&walk->path);
    struct bytes first = {NULL, 0};

    if (stat->stx_nlink > 1 && !S_ISDIR(stat->stx_mode))
        TRY(link_map_see(walk->links, &identity, stat->stx_nlink, path, &first, err));
    return make_entry(directory, stat, path, first, ret_entry, err);
}

/* Whether the walk goes on beyond the border. What is remarkable about it is told. */
static bool
may_cross(struct walk *walk, enum border border)
{
    struct bytes path = buf_bytes(&walk->path);

    switch (border) {
    case BORDER_NONE:
        break;
    case BORDER_SUBVOLUME:
        notify(walk, WALK_MOUNT, path,
               "is a subvolume of its own, and read with the rest; a snapshot of the one above would not hold it");
        break;
    case BORDER_LEFT_BEHIND:
        notify(walk, WALK_MOUNT, path, "is a subvolume of its own, which a snapshot of the one above does not hold");
        break;
    case BORDER_MOUNT:
        if (walk->options.cross_mounts)
            break;
        notify(walk, WALK_MOUNT, path, "another filesystem is mounted here");
        return false;
    case BORDER_AUTOMOUNT:
        notify(walk, WALK_MOUNT, path, "another filesystem would be mounted here by whoever looks into it");
        return false;
    case BORDER_KERNEL_VIEW:
        notify(walk, WALK_MOUNT, path, "the kernel shows itself here: there is nothing to keep");
        return false;
    }
    return true;
}

/* --- what the selection leaves out --- */

static bool
leave_out(struct walk *walk, const struct pattern *pattern)
{
    notify(walk, WALK_EXCLUDED, buf_bytes(&walk->path), "is left out by the pattern '%s'", pattern->text);
    return true;
}

/* That is told once, of the directory. */
static bool
leave_out_of_cache(struct walk *walk)
{
    if (!walk->cache_is_told)
        notify(walk, WALK_EXCLUDED, trail_path(walk->trail),
               "what lies in it is left out: " CACHE_TAG_NAME " says that it is a cache");
    walk->cache_is_told = true;
    return true;
}

/* Whatever it is: then it is not even looked at. It may be left out because whoever looks at it waits for ever. */
static bool
is_left_out_unseen(struct walk *walk, const char *name, const struct verdict *verdict)
{
    if (walk->in_cache && strcmp(name, CACHE_TAG_NAME) != 0)
        return leave_out_of_cache(walk);
    return verdict->directory != NULL && verdict->other != NULL && leave_out(walk, verdict->other);
}

static bool
is_left_out(struct walk *walk, const struct verdict *verdict, const struct statx *stat)
{
    const struct selection *selection = walk->options.selection;
    const struct pattern *pattern = S_ISDIR(stat->stx_mode) ? verdict->directory : verdict->other;

    if (pattern != NULL)
        return leave_out(walk, pattern);
    if (selection == NULL || !selection->exclude_nodump || (stat->stx_attributes & STATX_ATTR_NODUMP) == 0)
        return false;
    notify(walk, WALK_EXCLUDED, buf_bytes(&walk->path), "is left out: it has the nodump flag");
    return true;
}

static void
look_for_cache_tag(struct walk *walk, const struct walk_directory *directory)
{
    const struct selection *selection = walk->options.selection;

    walk->in_cache = selection != NULL && selection->exclude_caches && cache_tag_is_in(directory->fd);
    walk->cache_is_told = false;
}

static enum sealift_status
descend(struct walk *walk, struct walk_directory *parent, const char *name, const struct statx *stat,
        struct sealift_error *err)
{
    SCOPED(walk_directory_release) struct walk_directory *directory = NULL;
    int error_number = 0;

    TRY(walk_directory_open(parent->fd, name, inode_device(stat), stat->stx_ino, &directory, &error_number, err));
    if (directory != NULL && is_locked(directory, stat)) {
        notify(walk, WALK_MISSING, buf_bytes(&walk->path), "is locked (fscrypt): unlock it, or exclude it");
        return SEALIFT_OK;
    }
    if (directory != NULL) {
        look_for_cache_tag(walk, directory);
        TRY(enter_directory(walk, name, stat, &directory, &error_number, err));
    }
    if (error_number != 0)
        notify(walk, notice_of(error_number), buf_bytes(&walk->path), "its entries cannot all be read: %s",
               reason_of(error_number));
    return SEALIFT_OK;
}

/* Where the snapshots that are made here lie: no part of what they are made of. */
static bool
is_snapshot_folder(struct bytes path, const struct statx *stat)
{
    return S_ISDIR(stat->stx_mode) && bytes_equal(path, bytes_of_text(BTRFS_SNAPSHOT_FOLDER));
}

static enum sealift_status
set_path(struct walk *walk, const char *name, struct sealift_error *err)
{
    buf_clear(&walk->path);
    TRY(buf_append_bytes(&walk->path, trail_path(walk->trail), err));
    if (walk->path.len > 0)
        TRY(buf_append_text(&walk->path, "/", err));
    return buf_append_text(&walk->path, name, err);
}

/* *ret_seen is false when there is nothing to see; then somebody was told. */
static enum sealift_status
look_at(struct walk *walk, struct walk_directory *directory, const char *name, struct statx *ret_stat, bool *ret_seen,
        struct sealift_error *err)
{
    struct bytes path = buf_bytes(&walk->path);

    *ret_seen = inode_stat(directory->fd, name, ret_stat) == 0;
    if (*ret_seen)
        return SEALIFT_OK;
    TRY(descriptors_check(errno, err));
    if (errno == ENOENT)
        notify(walk, WALK_VANISHED, path, "was deleted while the tree was being read");
    else
        notify(walk, notice_of(errno), path, "cannot be looked at: %s", reason_of(errno));
    return SEALIFT_OK;
}

/* Looks at one name of the directory on top. *ret_entry stays NULL when there is nothing to give; then somebody was
 * told. */
static enum sealift_status
visit(struct walk *walk, struct walk_directory *directory, const char *name, struct walk_entry **ret_entry,
      struct sealift_error *err)
{
    SCOPED(walk_entry_free) struct walk_entry *entry = NULL;
    struct verdict verdict;
    struct bytes path;
    struct statx stat;
    bool seen, crossed;

    TRY(set_path(walk, name, err));
    path = buf_bytes(&walk->path);
    verdict = selection_judge(walk->options.selection, path);
    if (is_left_out_unseen(walk, name, &verdict))
        return SEALIFT_OK;
    if (!tree_path_is_valid(path)) {
        notify(walk, WALK_MISSING, path, "a path or name of this length cannot be in a snapshot");
        return SEALIFT_OK;
    }
    TRY(look_at(walk, directory, name, &stat, &seen, err));
    if (!seen || is_left_out(walk, &verdict, &stat))
        return SEALIFT_OK;
    if (is_snapshot_folder(path, &stat))
        return SEALIFT_OK;
    if (inode_type(&stat) == 0) {
        notify(walk, WALK_MISSING, path, "is of no known type (mode %o)", (unsigned)stat.stx_mode);
        return SEALIFT_OK;
    }
    crossed = may_cross(walk, border_of(directory, name, &stat));
    if (!crossed && !S_ISDIR(stat.stx_mode))
        return SEALIFT_OK;
    TRY(make_entry_here(walk, directory, &stat, &entry, err));
    entry->is_mount_point = !crossed;
    if (S_ISDIR(stat.stx_mode) && crossed && !walk->in_cache)
        TRY(descend(walk, directory, entry->name, &stat, err));
    *ret_entry = TAKE(entry);
    return SEALIFT_OK;
}

/* The directory on top has gone, or was moved, since its names were read. */
static void
give_up_directory(struct walk *walk, int error_number)
{
    notify(walk, notice_of(error_number), trail_path(walk->trail), "the rest of its entries cannot be read: %s",
           reason_of(error_number));
    leave_directory(walk);
}

static enum sealift_status
next_below_root(struct walk *walk, struct walk_entry **ret_entry, struct sealift_error *err)
{
    struct walk_entry *entry = NULL;

    while (entry == NULL && !trail_is_empty(walk->trail)) {
        struct walk_directory *directory = NULL;
        const char *name = NULL;
        int error_number = 0;

        TRY(name_stack_next(walk->names, &name, err));
        if (name == NULL) {
            leave_directory(walk);
            continue;
        }
        TRY(trail_directory(walk->trail, &directory, &error_number, err));
        if (directory == NULL)
            give_up_directory(walk, error_number);
        else
            TRY(visit(walk, directory, name, &entry, err));
    }
    *ret_entry = entry;
    return SEALIFT_OK;
}

enum sealift_status
walk_next(struct walk *walk, struct walk_entry **ret_entry, struct sealift_error *err)
{
    static const struct bytes none = {NULL, 0};
    struct walk_directory *root = NULL;
    int error_number;

    TRY(world_check_cancel(walk->world, err));
    if (walk->began)
        return next_below_root(walk, ret_entry, err);
    walk->began = true;
    TRY(trail_directory(walk->trail, &root, &error_number, err));
    return make_entry(root, &walk->root, none, none, ret_entry, err);
}
