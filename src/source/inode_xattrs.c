#include "inode_xattrs.h"

#include "error.h"
#include "scoped.h"
#include "xattr_set.h"

#include <errno.h>
#include <linux/limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

/* What the f-calls refuse, a descriptor that was opened with O_PATH, is reached by its name in /proc: the link there
 * leads to the inode itself, also when that is a symbolic link. */
struct handle {
    int fd;
    bool is_path;
    char link[32];
};

static struct handle
handle_of(int fd, bool is_path)
{
    struct handle handle = {.fd = fd, .is_path = is_path};

    if (is_path)
        snprintf(handle.link, sizeof(handle.link), "/proc/self/fd/%d", fd);
    return handle;
}

static ssize_t
list_names(const struct handle *handle, char *out, size_t size)
{
    return handle->is_path ? listxattr(handle->link, out, size) : flistxattr(handle->fd, out, size);
}

static ssize_t
get_value(const struct handle *handle, const char *name, void *out, size_t size)
{
    return handle->is_path ? getxattr(handle->link, name, out, size) : fgetxattr(handle->fd, name, out, size);
}

void
inode_xattrs_done(struct inode_xattrs *xattrs)
{
    buf_done(&xattrs->list);
    buf_done(&xattrs->value);
    buf_done(&xattrs->set);
}

static enum sealift_status
read_list(struct inode_xattrs *xattrs, const struct handle *handle, const char *name, struct sealift_error *err)
{
    ssize_t len;

    TRY(buf_reserve(&xattrs->list, XATTR_LIST_MAX, err));
    len = list_names(handle, (char *)xattrs->list.data, XATTR_LIST_MAX);
    if (len < 0 && errno == ENOTSUP)
        len = 0;
    if (len < 0 && errno == ENOENT && handle->is_path)
        return error_set(err, SEALIFT_IO, "%s: extended attributes cannot be read while /proc is not mounted", name);
    if (len < 0)
        return error_errno(err, errno, "%s: cannot list its extended attributes", name);
    xattrs->list.len = (size_t)len;
    return SEALIFT_OK;
}

/* The kernel has a bound for each value and for the list of names (64 KiB both), but none for the sum. Nobody has as
 * much as this; and one inode must not take all the memory. */
#define LARGEST_SET ((size_t)16 << 20)

static enum sealift_status
add_value(struct inode_xattrs *xattrs, const struct handle *handle, const char *attribute, const char *name,
          struct sealift_error *err)
{
    ssize_t len;

    TRY(buf_reserve(&xattrs->value, XATTR_SIZE_MAX, err));
    len = get_value(handle, attribute, xattrs->value.data, XATTR_SIZE_MAX);
    if (len < 0 && errno == ENODATA)
        return SEALIFT_OK;
    if (len < 0)
        return error_errno(err, errno, "%s: cannot read its extended attribute %s", name, attribute);
    if (xattrs->set.len + (size_t)len > LARGEST_SET)
        return error_set(err, SEALIFT_IO, "%s: has more than %zu MiB of extended attributes", name, LARGEST_SET >> 20);
    return xattr_set_add(&xattrs->set, attribute, (struct bytes){xattrs->value.data, (size_t)len}, err);
}

/* XFS shows root its ACLs a second time, in the form in which it keeps them: nothing that another filesystem should
 * get. */
static bool
is_acl_again(const char *attribute)
{
    return strcmp(attribute, "trusted.SGI_ACL_FILE") == 0 || strcmp(attribute, "trusted.SGI_ACL_DEFAULT") == 0;
}

enum sealift_status
inode_xattrs_read(struct inode_xattrs *xattrs, int fd, bool is_path, const char *name, struct sealift_error *err)
{
    struct handle handle = handle_of(fd, is_path);
    const char *at, *end;

    buf_clear(&xattrs->set);
    TRY(read_list(xattrs, &handle, name, err));
    at = (const char *)xattrs->list.data;
    for (end = at + xattrs->list.len; at < end; at += strlen(at) + 1) {
        if (!is_acl_again(at))
            TRY(add_value(xattrs, &handle, at, name, err));
    }
    return SEALIFT_OK;
}
