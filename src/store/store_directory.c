#include "store_directory.h"

#include "digest.h"
#include "directory_listing.h"
#include "directory_publisher.h"
#include "error.h"
#include "io.h"
#include "scoped.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct store_directory {
    struct store store;
    struct directory_root root;
    struct directory_publisher publisher;
};

static struct store_directory *
directory_of(struct store *store)
{
    return (struct store_directory *)store;
}

static enum sealift_status
directory_put(struct store *store, const char *name, struct bytes data, const uint8_t expected[32], bool if_absent,
              struct sealift_error *err)
{
    uint8_t digest[SHA256_SIZE];

    TRY(sha256(data, digest, err));
    if (!digest_equal(digest, expected, sizeof(digest)))
        return error_set(err, SEALIFT_CORRUPT, "the bytes are not those that the SHA-256 is of; nothing was stored");
    return directory_publisher_put(&directory_of(store)->publisher, name, data, if_absent, err);
}

static enum sealift_status
open_object(const struct directory_root *root, const char *name, int *ret_fd, struct stat *ret_about,
            struct sealift_error *err)
{
    SCOPED(fd_done) int fd = directory_root_descend(root, name, O_RDONLY);
    struct stat about;

    if (fd < 0 || fstat(fd, &about) != 0)
        return directory_root_explain(root, errno == ENOTDIR ? ENOENT : errno, "open it", err);
    if (!S_ISREG(about.st_mode))
        return directory_root_explain(root, ENOENT, "open it", err);
    *ret_fd = fd;
    *ret_about = about;
    fd = -1;
    return SEALIFT_OK;
}

/* Exactly `len` bytes. */
static enum sealift_status
read_object(const struct directory_root *root, int fd, uint64_t offset, size_t len, uint8_t *out,
            struct sealift_error *err)
{
    size_t got;

    if (io_pread(fd, out, len, offset, &got, "object", err) != SEALIFT_OK)
        return directory_root_explain(root, errno, "read it", err);
    if (got < len)
        return error_set(err, SEALIFT_CORRUPT, "ends after %llu bytes, where %zu from %llu on were wanted",
                         (unsigned long long)(offset + got), len, (unsigned long long)offset);
    return SEALIFT_OK;
}

static enum sealift_status
directory_get_range(struct store *store, const char *name, uint64_t offset, size_t len, uint8_t *out,
                    struct sealift_error *err)
{
    const struct directory_root *root = &directory_of(store)->root;
    SCOPED(fd_done) int fd = -1;
    struct stat about;

    TRY(open_object(root, name, &fd, &about, err));
    if (offset > INT64_MAX - len)
        return error_set(err, SEALIFT_CORRUPT, "ends before byte %llu", (unsigned long long)offset);
    return read_object(root, fd, offset, len, out, err);
}

static enum sealift_status
directory_get(struct store *store, const char *name, size_t max, struct buf *out, struct sealift_error *err)
{
    const struct directory_root *root = &directory_of(store)->root;
    SCOPED(fd_done) int fd = -1;
    struct stat about;
    size_t size;

    TRY(open_object(root, name, &fd, &about, err));
    if ((uint64_t)about.st_size > max)
        return error_set(err, SEALIFT_CORRUPT, "has %llu bytes, where at most %zu can be",
                         (unsigned long long)about.st_size, max);
    size = (size_t)about.st_size;
    TRY(buf_reserve(out, size, err));
    TRY(read_object(root, fd, 0, size, out->data + out->len, err));
    out->len += size;
    return SEALIFT_OK;
}

static enum sealift_status
directory_head(struct store *store, const char *name, struct store_head *ret_head, struct sealift_error *err)
{
    SCOPED(fd_done) int fd = -1;
    struct stat about;

    TRY(open_object(&directory_of(store)->root, name, &fd, &about, err));
    *ret_head = (struct store_head){
        .size = (uint64_t)about.st_size,
        .modified_ns = (int64_t)about.st_mtim.tv_sec * NS_PER_S + about.st_mtim.tv_nsec,
        .checksum = STORE_CHECKSUM_NONE,
    };
    return SEALIFT_OK;
}

static enum sealift_status
directory_list(struct store *store, const char *prefix, const char *after, store_each *each, void *context,
               struct sealift_error *err)
{
    return directory_listing_walk(&directory_of(store)->root, prefix, after, each, context, err);
}

/* 0 or errno. */
static int
unlink_beneath(const struct directory_root *root, const char *name, int flags)
{
    const char *slash = strrchr(name, '/');
    const char *leaf = slash != NULL ? slash + 1 : name;
    SCOPED(fd_done) int folder = -1;
    char path[STORE_NAME_MAX];

    snprintf(path, sizeof(path), "%.*s", (int)(leaf - name), name);
    folder = directory_root_descend(root, path, O_RDONLY | O_DIRECTORY);
    return folder >= 0 && unlinkat(folder, leaf, flags) == 0 ? 0 : errno;
}

/* A bucket has no empty folders. Whoever is about to put an object into one makes it again. */
static void
remove_empty_folders(const struct directory_root *root, const char *name)
{
    char path[STORE_NAME_MAX];
    char *slash;

    snprintf(path, sizeof(path), "%s", name);
    while ((slash = strrchr(path, '/')) != NULL) {
        *slash = '\0';
        if (unlink_beneath(root, path, AT_REMOVEDIR) != 0)
            return;
    }
}

/* Not synced: should the machine die now and the object come back, deleting it again is all there is to do. */
static enum sealift_status
directory_delete(struct store *store, const char *name, struct sealift_error *err)
{
    const struct directory_root *root = &directory_of(store)->root;
    int error_number = unlink_beneath(root, name, 0);
    enum sealift_status status;

    if (error_number == 0) {
        remove_empty_folders(root, name);
        return SEALIFT_OK;
    }
    if (error_number == ENOTDIR || error_number == EISDIR)
        return SEALIFT_OK; /* a folder is no object */
    status = directory_root_explain(root, error_number, "delete it", err);
    return status == SEALIFT_NOT_FOUND ? SEALIFT_OK : status;
}

static void
directory_free(struct store *store)
{
    struct store_directory *directory = directory_of(store);

    directory_publisher_done(&directory->publisher);
    directory_root_done(&directory->root);
    free(directory);
}

static const struct store_ops directory_ops = {
    .type = "file",
    .put = directory_put,
    .get_range = directory_get_range,
    .get = directory_get,
    .head = directory_head,
    .list = directory_list,
    .delete = directory_delete,
    .free = directory_free,
};

/* Without slashes at its end. */
static enum sealift_status
tidy_path(const char *path, char **ret_path, struct sealift_error *err)
{
    size_t len = strlen(path);

    if (path[0] != '/')
        return error_set(err, SEALIFT_INVALID, "%s: the path of a directory store must begin with a slash", path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    if (len + sizeof("file://") > sizeof(((struct store *)NULL)->url))
        return error_set(err, SEALIFT_INVALID, "%s: the path of a directory store is too long", path);
    return text_format(ret_path, "%.*s", err, (int)len, path);
}

enum sealift_status
store_directory_open(const struct world *world, const char *path, bool create, struct store **ret_store,
                     struct sealift_error *err)
{
    SCOPED(directory_root_done) struct directory_root root = {.fd = -1};
    SCOPED(free_done) char *tidy = NULL;
    struct store_directory *directory;

    TRY(tidy_path(path, &tidy, err));
    if (create)
        TRY(io_make_folders(tidy, 0700, err));
    TRY(directory_root_open(tidy, &root, err));
    directory = calloc(1, sizeof(*directory));
    if (directory == NULL)
        return error_no_memory(err);
    directory->store.ops = &directory_ops;
    snprintf(directory->store.url, sizeof(directory->store.url), "file://%s", tidy);
    directory->root = root;
    root = (struct directory_root){.fd = -1};
    directory_publisher_init(&directory->publisher, world, &directory->root);
    *ret_store = &directory->store;
    return SEALIFT_OK;
}
