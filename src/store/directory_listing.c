#include "directory_listing.h"

#include "error.h"
#include "name_batch.h"
#include "scoped.h"
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct listing {
    const struct directory_root *root;
    const char *prefix;
    const char *after;
    store_each *each;
    void *context;
};

static bool
begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* Whether an object, or something below a folder (its name ends with a slash), belongs to the listing. */
static bool
is_wanted(const struct listing *listing, const char *name)
{
    bool folder = name[strlen(name) - 1] == '/';

    if (!begins_with(name, listing->prefix))
        return false;
    return strcmp(name, listing->after) > 0 || (folder && begins_with(listing->after, name));
}

/* Joins a folder's name ("" or ending with a slash) and an entry's. Folders get a slash: it is what decides their place
 * among their siblings. False when it cannot be a name of ours. */
static bool
name_entry(const char *folder, const char *entry, bool is_folder, char out[STORE_NAME_MAX])
{
    int len = snprintf(out, STORE_NAME_MAX, "%s%s%s", folder, entry, is_folder ? "/" : "");

    return store_name_is_valid(entry) && len < STORE_NAME_MAX;
}

/* Not every file system tells the type with the name. */
static unsigned char
type_of(DIR *dir, const struct dirent *entry)
{
    struct stat about;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type;
    if (fstatat(dirfd(dir), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return DT_UNKNOWN;
    return IFTODT(about.st_mode);
}

/* The next batch of a folder's wanted names: those that sort behind `floor`. */
static enum sealift_status
read_batch(const struct listing *listing, DIR *dir, const char *folder, const char *floor, struct name_batch *batch,
           struct sealift_error *err)
{
    const struct dirent *entry;

    rewinddir(dir);
    while (errno = 0, (entry = readdir(dir)) != NULL) {
        unsigned char type = type_of(dir, entry);
        char name[STORE_NAME_MAX];

        if (type != DT_REG && type != DT_DIR)
            continue;
        if (!name_entry(folder, entry->d_name, type == DT_DIR, name) || strcmp(name, floor) <= 0)
            continue;
        if (is_wanted(listing, name))
            TRY(name_batch_add(batch, name, err));
    }
    if (errno != 0)
        return directory_root_explain(listing->root, errno, "read the folder %s", err, folder);
    name_batch_sort(batch);
    return SEALIFT_OK;
}

/* An object that was deleted since its name was read is not there any more. */
static enum sealift_status
show_object(const struct listing *listing, DIR *dir, const char *folder, const char *name, struct sealift_error *err)
{
    struct store_object object;
    struct stat about;

    if (fstatat(dirfd(dir), name + strlen(folder), &about, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? SEALIFT_OK : directory_root_explain(listing->root, errno, "look at %s", err, name);
    snprintf(object.name, sizeof(object.name), "%s", name);
    object.size = (uint64_t)about.st_size;
    object.modified_ns = (int64_t)about.st_mtim.tv_sec * NS_PER_S + about.st_mtim.tv_nsec;
    return listing->each(listing->context, &object, err);
}

static enum sealift_status
walk_folder(const struct listing *listing, const char *folder, struct sealift_error *err)
{
    SCOPED(directory_root_read_done) DIR *dir = directory_root_read(listing->root, folder);
    char floor[STORE_NAME_MAX] = "";
    bool more = true;

    if (dir == NULL && (errno == ENOENT || errno == ENOTDIR))
        return SEALIFT_OK; /* no folder: no objects */
    if (dir == NULL)
        return directory_root_explain(listing->root, errno, "read the folder %s", err, folder);
    while (more) {
        SCOPED(name_batch_done) struct name_batch batch = {0};

        TRY(read_batch(listing, dir, folder, floor, &batch, err));
        for (size_t i = 0; i < batch.count; i++) {
            const char *name = batch.names[i];

            if (name[strlen(name) - 1] == '/')
                TRY(walk_folder(listing, name, err));
            else
                TRY(show_object(listing, dir, folder, name, err));
        }
        more = batch.ceiling != NULL;
        if (more)
            snprintf(floor, sizeof(floor), "%s", batch.names[batch.count - 1]);
    }
    return SEALIFT_OK;
}

enum sealift_status
directory_listing_walk(const struct directory_root *root, const char *prefix, const char *after, store_each *each,
                       void *context, struct sealift_error *err)
{
    struct listing listing = {root, prefix, after != NULL ? after : "", each, context};
    const char *last_slash = strrchr(prefix, '/');
    char folder[STORE_NAME_MAX];

    snprintf(folder, sizeof(folder), "%.*s", last_slash != NULL ? (int)(last_slash + 1 - prefix) : 0, prefix);
    TRY(walk_folder(&listing, folder, err));
    return directory_root_check(root, err);
}
