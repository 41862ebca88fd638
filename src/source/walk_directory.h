/* An open directory that the walk and its entries share: it is closed with the last who holds it, on
 * whichever thread. */
#ifndef WALK_DIRECTORY_H
#define WALK_DIRECTORY_H

#include <sealift/status.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct walk_directory {
    int fd;
    uint64_t device; /* st_dev */
    uint64_t mount;  /* its number, when has_mount */
    bool has_mount;
    atomic_uint holders;
};

/* Opens `name` in `parent`, never through a link, and makes sure that it is the inode that was seen there. The caller
 * is its first holder. When it cannot be had, *ret_directory is NULL and *ret_errno says why (ESTALE: something else
 * stands there now); failures are only our own (memory, descriptors). */
enum sealift_status walk_directory_open(int parent, const char *name, uint64_t device, uint64_t inode,
                                        struct walk_directory **ret_directory, int *ret_errno,
                                        struct sealift_error *err);
struct walk_directory *walk_directory_hold(struct walk_directory *directory);
void walk_directory_release(struct walk_directory **directory); /* NULL is left alone */

#endif
