#include "inode_xattrs.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

/* tmpfs takes as many as there is memory for. */
Test(inode_xattrs, have_a_bound_for_each_inode)
{
    SCOPED(inode_xattrs_done) struct inode_xattrs xattrs = {0};
    char path[] = "/dev/shm/sealift-test-XXXXXX", name[32], value[65536] = "";
    SCOPED(fd_done) int fd = mkstemp(path);
    struct sealift_error err;

    cr_assert_geq(fd, 0);
    unlink(path);
    for (int i = 0; i < 255; i++) {
        snprintf(name, sizeof(name), "trusted.%d", i);
        if (fsetxattr(fd, name, value, sizeof(value), 0) != 0)
            cr_skip_test("%s: %s; 16 MiB of extended attributes cannot be tried here", name, strerror(errno));
    }
    cr_assert_eq(inode_xattrs_read(&xattrs, fd, false, "file", &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(fsetxattr(fd, "trusted.one too many", value, sizeof(value), 0), 0);
    cr_assert_eq(inode_xattrs_read(&xattrs, fd, false, "file", &err), SEALIFT_IO);
    cr_assert_not_null(strstr(err.message, "16 MiB"), "%s", err.message);
}
