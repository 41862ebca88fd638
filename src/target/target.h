/* Writes a tree into an empty directory, or some of its branches beside what is there. Entries come in the tree's order
 * from one thread; the contents of files may be written from many.
 *
 * Nothing is ever written outside the directory, whatever a path says and whoever swaps a directory for a link
 * meanwhile: every step is an openat2() beneath it that follows no link. Directories are 0700 while they fill;
 * attributes are set when an entry is complete, those of directories last. */
#ifndef TARGET_H
#define TARGET_H

#include "tree.h"
#include "world.h"

struct target;
struct target_file;

/* What this machine, or this user, could not set: counted and told; what becomes of it is the caller's decision. Any
 * thread. */
typedef void target_degraded(void *context, struct bytes path, const char *what);

/* `path` is made (with its parents) when it does not exist; CONFLICT, naming what is in it, when it is not empty
 * ("lost+found" of a fresh filesystem is overlooked). */
enum sealift_status target_open(const struct world *world, const char *path, target_degraded *degraded, void *context,
                                struct target **ret_target, struct sealift_error *err);
/* `path` is made when it does not exist; what it holds, and its own attributes, stay as they are. */
enum sealift_status target_open_shared(const struct world *world, const char *path, target_degraded *degraded,
                                       void *context, struct target **ret_target, struct sealift_error *err);
void target_free(struct target **target);

/* In a shared one: CONFLICT when there is something at that path already, or on the way to it what is no directory. */
enum sealift_status target_check_free(struct target *target, struct bytes path, struct sealift_error *err);
/* In a shared one: a directory above what is wanted is made, or taken as it is: then *ret_made is false, and it is not
 * to be finished. */
enum sealift_status target_make_way(struct target *target, const struct tree_entry *entry, bool *ret_made,
                                    struct sealift_error *err);

/* Makes an entry that is no file: directory (0700), symlink, FIFO, socket, device, hard link; all but directories get
 * their attributes at once. The root entry makes nothing. */
enum sealift_status target_make(struct target *target, const struct tree_entry *entry, struct sealift_error *err);

/* Makes a file (0600, its final size, all hole) and holds it open. Entries must have xattrs inline by now (the caller
 * fetched a larger set). Takes a copy of what it needs. One that cannot be here, since it or its name is too large, is
 * told as degraded, and writing to it does nothing. */
enum sealift_status target_file_make(struct target *target, const struct tree_entry *entry,
                                     struct target_file **ret_file, struct sealift_error *err);
/* Any thread, in any order, pieces that do not overlap. A full disk is IO and says so. */
enum sealift_status target_file_write(struct target_file *file, uint64_t offset, struct bytes data,
                                      struct sealift_error *err);
/* Sets owner, ACLs and xattrs, mode, security.capability, flags, times; closes. Consumes the file, whatever the
 * outcome. */
enum sealift_status target_file_finish(struct target_file **file, struct sealift_error *err);
/* Closes without attributes: after a failure. */
void target_file_abandon(struct target_file **file);

/* At the very end, in the tree's order, every entry (the root too) once more. Files that are immutable or append-only
 * become so now that all their names are there; the attributes of a directory are set once the tree has moved past its
 * descendants, target_finish() sets the rest. */
enum sealift_status target_finish_entry(struct target *target, const struct tree_entry *entry,
                                        struct sealift_error *err);
/* The last ones; then syncfs(): when it returns OK the tree is on disk. */
enum sealift_status target_finish(struct target *target, struct sealift_error *err);

#endif
