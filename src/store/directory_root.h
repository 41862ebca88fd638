/* The folder that a directory store lives in. Whatever is opened beneath it cannot leave it: names are resolved by
 * openat2() with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS (Linux 5.6). */
#ifndef DIRECTORY_ROOT_H
#define DIRECTORY_ROOT_H

#include "store.h"

#include <dirent.h>
#include <sys/types.h>

struct directory_root {
    char *path; /* for messages */
    int fd;
    mode_t mode; /* folders made beneath it get the root's own permissions, files too (never x); the umask applies */
};

enum sealift_status directory_root_open(const char *path, struct directory_root *ret_root, struct sealift_error *err);
void directory_root_done(struct directory_root *root);

/* Opens `name` beneath the root ("" is the root itself), or beneath `folder`, one of its folders: a descriptor, or -1
 * and errno. */
int directory_root_descend(const struct directory_root *root, const char *name, int flags);
int directory_root_step(int folder, const char *name, int flags);

/* Opens a folder beneath the root for readdir(): NULL and errno on failure. */
DIR *directory_root_read(const struct directory_root *root, const char *name);
void directory_root_read_done(DIR **dir);

/* IO when the root was removed while we hold it open: it has no name any more, and what it shows is not
 * what it held. */
enum sealift_status directory_root_check(const struct directory_root *root, struct sealift_error *err);

/* "cannot ACT", errno's text, and the way out. NOT_FOUND is only said while the root itself is still there. */
[[gnu::format(printf, 3, 5)]] enum sealift_status directory_root_explain(const struct directory_root *root,
                                                                         int error_number, const char *act,
                                                                         struct sealift_error *err, ...);

#endif
