#include "scratch_folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

void
scratch_folder_make(struct scratch_folder *scratch)
{
    const char *below = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";

    snprintf(scratch->path, sizeof(scratch->path), "%s/sealift-test-XXXXXX", below);
    if (mkdtemp(scratch->path) == NULL) {
        perror(scratch->path);
        abort();
    }
}

static int
remove_entry(const char *path, const struct stat *about, int type, struct FTW *where)
{
    (void)about;
    (void)type;
    (void)where;
    remove(path);
    return 0;
}

void
scratch_folder_done(struct scratch_folder *scratch)
{
    umount2(scratch->path, MNT_DETACH); /* a small file system, where the test mounted one */
    nftw(scratch->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

const char *
scratch_folder_at(const struct scratch_folder *scratch, const char *name)
{
    static char paths[8][512];
    static unsigned next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof(paths[0]), "%s/%s", scratch->path, name);
    return path;
}
