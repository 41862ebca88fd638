/* Read-only snapshots of a btrfs subvolume, by the kernel's own calls (<linux/btrfs.h>).
 *
 * They lie in a folder of ours at the subvolume's root, the one place that is sure to be on the same filesystem and the
 * same mount, under a name that sorts by time: PATH/.sealift-snapshots/UUID. The folder is ours alone (0700), comes
 * with the first snapshot and goes with the last; a walk leaves it out. */
#ifndef BTRFS_H
#define BTRFS_H

#include "uuid.h"

#define BTRFS_SNAPSHOT_FOLDER ".sealift-snapshots"

enum btrfs_place {
    BTRFS_NOT_HERE,     /* another kind of filesystem */
    BTRFS_INSIDE,       /* somewhere in a subvolume, and only a whole one can be snapshot */
    BTRFS_UNCHANGEABLE, /* a subvolume that is read-only itself, or mounted so: there is no place for a snapshot */
    BTRFS_SUBVOLUME,
};

/* What `path` is; it must be there. */
enum sealift_status btrfs_look(const char *path, enum btrfs_place *ret_place, struct sealift_error *err);

/* Where the snapshot of that name goes, or is. The caller frees it. */
enum sealift_status btrfs_snapshot_path(const char *subvolume, const struct uuid *name, char **ret_snapshot,
                                        struct sealift_error *err);

/* The other three take such a path. Making: what is in the subvolume at this moment, of which nothing is left when it
 * fails. DENIED: this user may not; also, when it is `to_be_removed`, who may make snapshots but not remove them, as
 * btrfs has it for an ordinary user. */
enum sealift_status btrfs_snapshot_make(const char *snapshot, bool to_be_removed, struct sealift_error *err);
/* That it is there, and still the read-only snapshot that was made: NOT_FOUND, INVALID, DENIED. */
enum sealift_status btrfs_snapshot_check(const char *snapshot, struct sealift_error *err);
/* NOT_FOUND: it is gone already. */
enum sealift_status btrfs_snapshot_remove(const char *snapshot, struct sealift_error *err);

#endif
