/* Walks a directory tree in the tree's order (depth first, siblings by name bytes), and says what is there. One thread;
 * constant memory: the names of a huge directory and the map of hard links spill to a sealed temporary file (spill.h).
 *
 * It never follows a symbolic link, never triggers an automount, and stays on the mount it began on unless it is
 * asked to cross: a mount point below is an empty directory and a notice, and so is a directory that fscrypt keeps
 * locked. The folder of our own snapshots at the root is left out (btrfs.h). */
#ifndef WALK_H
#define WALK_H

#include "selection.h"
#include "tree.h"
#include "world.h"

/* A directory that entries are opened in; entries share it, and it is closed with the last of them. */
struct walk_directory;

struct walk_entry {
    struct walk_directory *directory; /* the root's is the root itself, where its name is "." */
    const char *name;                 /* in `directory`; owned by the entry */
    /* From statx: path, type, mode, owner, times, size, links, device numbers, inode, ctime; target for hard links
     * only. Not xattrs, not a symlink's target: the reader brings those. Views into the entry's own memory. */
    struct tree_entry meta;
    uint64_t device;     /* st_dev, to be compared when it is opened */
    bool is_mount_point; /* a directory that the walk stays out of */
};
void walk_entry_free(struct walk_entry **entry);

/* What has the entry's name now, as an entry of its own: another inode perhaps, when a file was saved by renaming a new
 * one over it, and of a hard link the inode in full. NOT_FOUND: nothing has, or a directory does, which is the walk's
 * to enter. Any thread. */
enum sealift_status walk_entry_again(const struct walk_entry *entry, struct walk_entry **ret_entry,
                                     struct sealift_error *err);

enum walk_notice {
    WALK_MISSING,  /* could not be read: it will not be in the snapshot (a directory: some or all of its entries will
                      not) */
    WALK_VANISHED, /* the same, because it was deleted or renamed since its directory was read */
    WALK_MOUNT,    /* another filesystem begins here: not crossed (a mounted file is left out); or a subvolume does */
    WALK_EXCLUDED, /* the selection leaves it out, with all below it; or, of a cache directory, what lies in it */
};
/* `path` is below the root; `reason` is a sentence. Called on the thread that walks. */
typedef void walk_notify(void *context, enum walk_notice notice, struct bytes path, const char *reason);

struct walk_options {
    size_t names_in_memory; /* bytes of names, of all directories on the way together, before they spill; 0: 16 MiB */
    size_t links_in_memory; /* bytes of the hard-link map before it spills; 0: 16 MiB */
    const struct selection *selection; /* NULL: everything. The root is never left out */
    bool cross_mounts; /* enter what is mounted below, but what would have to be mounted first, or shows the kernel */
    walk_notify *notify;
    void *context;
};

struct walk;

/* `root` must be a directory, and not locked: CONFLICT. */
enum sealift_status walk_open(const struct world *world, const char *root, const struct walk_options *options,
                              struct walk **ret_walk, struct sealift_error *err);
void walk_free(struct walk **walk);

/* The next entry, the caller's to free (on any thread, also after the walk itself is gone); NULL behind the last. The
 * first is the root. */
enum sealift_status walk_next(struct walk *walk, struct walk_entry **ret_entry, struct sealift_error *err);

#endif
