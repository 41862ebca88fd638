#include "directory_publisher.h"

#include "directory_temporary.h"
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

#define PUBLISH_TRIES 16
#define COMPARE_SIZE  ((size_t)64 << 10)

void
directory_publisher_init(struct directory_publisher *publisher, const struct world *world,
                         const struct directory_root *root)
{
    *publisher = (struct directory_publisher){.root = root, .world = world};
    pthread_mutex_init(&publisher->lock, NULL);
}

void
directory_publisher_done(struct directory_publisher *publisher)
{
    pthread_mutex_destroy(&publisher->lock);
}

static void
sweep_once(struct directory_publisher *publisher)
{
    bool swept;

    pthread_mutex_lock(&publisher->lock);
    swept = publisher->swept;
    publisher->swept = true;
    pthread_mutex_unlock(&publisher->lock);
    if (!swept)
        directory_temporary_sweep(publisher->root);
}

/* Some file systems (FUSE, CIFS) have no fsync() of folders: they answer EINVAL or ENOTSUP, and nothing more can be
 * done. */
static enum sealift_status
sync_folder(const struct directory_root *root, int folder, struct sealift_error *err)
{
    if (fsync(folder) != 0 && errno != EINVAL && errno != ENOTSUP)
        return directory_root_explain(root, errno, "make its folder durable", err);
    return SEALIFT_OK;
}

/* Steps down into `part`, making it when it is missing. The parent is synced either way: whoever made the folder may
 * have died before doing so. */
static enum sealift_status
step_or_make(const struct directory_root *root, int *folder, const char *part, struct sealift_error *err)
{
    SCOPED(fd_done) int parent = *folder;
    int next = directory_root_step(parent, part, O_RDONLY | O_DIRECTORY);

    *folder = -1;
    if (next < 0 && errno == ENOENT && (mkdirat(parent, part, root->mode) == 0 || errno == EEXIST))
        next = directory_root_step(parent, part, O_RDONLY | O_DIRECTORY);
    if (next < 0)
        return directory_root_explain(root, errno, "make its folder", err);
    *folder = next;
    return sync_folder(root, parent, err);
}

static enum sealift_status
make_way(const struct directory_root *root, const char *path, int *ret_folder, struct sealift_error *err)
{
    SCOPED(fd_done) int folder = directory_root_descend(root, "", O_RDONLY | O_DIRECTORY);
    SCOPED(free_done) char *way = NULL;
    char *rest;

    if (folder < 0)
        return directory_root_explain(root, errno, "open the store's folder", err);
    TRY(text_copy(path, &way, err));
    rest = way;
    for (char *part; (part = strsep(&rest, "/")) != NULL;) {
        if (part[0] != '\0')
            TRY(step_or_make(root, &folder, part, err));
    }
    *ret_folder = folder;
    folder = -1;
    return SEALIFT_OK;
}

static bool
is_known_durable(struct directory_publisher *publisher, const char *path)
{
    bool known;

    pthread_mutex_lock(&publisher->lock);
    known = strcmp(publisher->durable, path) == 0;
    pthread_mutex_unlock(&publisher->lock);
    return known;
}

static void
remember_durable(struct directory_publisher *publisher, const char *path)
{
    pthread_mutex_lock(&publisher->lock);
    snprintf(publisher->durable, sizeof(publisher->durable), "%s", path);
    pthread_mutex_unlock(&publisher->lock);
}

/* The folder of an object, with a durable way to it. An upload puts thousands of objects into the same one: its way is
 * synced once. */
static enum sealift_status
open_folder(struct directory_publisher *publisher, const char *path, int *ret_folder, struct sealift_error *err)
{
    int folder = -1;

    if (is_known_durable(publisher, path))
        folder = directory_root_descend(publisher->root, path, O_RDONLY | O_DIRECTORY);
    if (folder < 0) {
        TRY(make_way(publisher->root, path, &folder, err));
        remember_durable(publisher, path);
    }
    *ret_folder = folder;
    return SEALIFT_OK;
}

/* 0, or errno; EEXIST: the name is taken. */
static int
put_in_place(struct directory_temporary *temporary, int folder, const char *leaf, bool if_absent)
{
    if (if_absent) {
        if (linkat(temporary->folder, temporary->name, folder, leaf, 0) == 0)
            return 0;
        if (errno != EPERM && errno != EOPNOTSUPP)
            return errno;
        /* No hard links here (FAT): such file systems can rename without replacing instead. NFS can only link. */
    }
    if (renameat2(temporary->folder, temporary->name, folder, leaf, if_absent ? RENAME_NOREPLACE : 0) != 0)
        return errno;
    temporary->name[0] = '\0';
    return 0;
}

static enum sealift_status
refuse_other_contents(struct sealift_error *err)
{
    return error_set(err, SEALIFT_CONFLICT, "an object with other contents is there already; it was left as it is");
}

static enum sealift_status
compare(const struct directory_root *root, int folder, const char *leaf, struct bytes data, struct sealift_error *err)
{
    SCOPED(fd_done) int fd = directory_root_step(folder, leaf, O_RDONLY);
    SCOPED(free_done) uint8_t *chunk = malloc(COMPARE_SIZE);
    struct stat about;

    if (chunk == NULL)
        return error_no_memory(err);
    if (fd < 0 || fstat(fd, &about) != 0)
        return directory_root_explain(root, errno, "compare it with what is there already", err);
    if (!S_ISREG(about.st_mode) || (uint64_t)about.st_size != data.len)
        return refuse_other_contents(err);
    for (uint64_t offset = 0; data.len > 0;) {
        size_t want = data.len < COMPARE_SIZE ? data.len : COMPARE_SIZE;
        struct bytes head;
        size_t got;

        TRY(io_pread(fd, chunk, want, offset, &got, "the object that is there already", err));
        if (!bytes_cut(&data, got, &head) || got < want || !bytes_equal(head, (struct bytes){chunk, got}))
            return refuse_other_contents(err);
        offset += got;
    }
    return SEALIFT_OK;
}

static enum sealift_status
try_to_publish(struct directory_publisher *publisher, const char *name, struct bytes data, bool if_absent,
               struct sealift_error *err)
{
    const struct directory_root *root = publisher->root;
    SCOPED(directory_temporary_done) struct directory_temporary temporary = {.folder = -1, .fd = -1};
    SCOPED(free_done) char *path = NULL;
    SCOPED(fd_done) int folder = -1;
    const char *leaf = strrchr(name, '/') != NULL ? strrchr(name, '/') + 1 : name;
    int error_number;

    TRY(directory_temporary_create(root, publisher->world, &temporary, err));
    TRY(directory_temporary_fill(root, &temporary, data, err));
    TRY(text_format(&path, "%.*s", err, (int)(leaf - name), name));
    TRY(open_folder(publisher, path, &folder, err));
    error_number = put_in_place(&temporary, folder, leaf, if_absent);
    if (error_number == EEXIST)
        TRY(compare(root, folder, leaf, data, err));
    else if (error_number != 0)
        return directory_root_explain(root, error_number, "put it in place", err);
    return sync_folder(root, folder, err);
}

/* NOT_FOUND: before the file and its folder met, another process removed one of them, the folder because it was empty
 * or the file because it was not locked yet. */
enum sealift_status
directory_publisher_put(struct directory_publisher *publisher, const char *name, struct bytes data, bool if_absent,
                        struct sealift_error *err)
{
    enum sealift_status status = SEALIFT_NOT_FOUND;

    sweep_once(publisher);
    for (unsigned tries = 0; status == SEALIFT_NOT_FOUND && tries < PUBLISH_TRIES; tries++)
        status = try_to_publish(publisher, name, data, if_absent, err);
    if (status == SEALIFT_NOT_FOUND)
        return error_set(err, SEALIFT_IO,
                         "cannot put it in place: somebody removes its folder, or the file, time and again");
    return status;
}
