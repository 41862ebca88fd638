/* A tree that is uploaded among failures, what befalls it, and what came back of it. */
#ifndef BUSY_TREE_H
#define BUSY_TREE_H

#include "fixture_snapshot.h"
#include "object_count.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static inline void
make_busy_tree(struct fixture *fixture)
{
    fixture_make_folder(fixture, "a");
    fixture_write_noise(fixture, "a/0", (size_t)14 << 20);
    fixture_make_folder(fixture, "a/folder");
    fixture_write_text(fixture, "a/folder/file", "text");
    fixture_write_text(fixture, "a/b", "one file of three names");
    cr_assert_eq(link(fixture_path(fixture, "a/b"), fixture_path(fixture, "a/c")), 0);
    cr_assert_eq(link(fixture_path(fixture, "a/b"), fixture_path(fixture, "a/d")), 0);
}

/* The superuser reads everything, so for these tests the process is somebody else. */
static inline void
become_ordinary(void)
{
    if (geteuid() == 0)
        cr_assert_eq(seteuid(65534), 0);
}

static inline void
make_unreadable(struct fixture *fixture, const char *below)
{
    cr_assert_eq(chmod(fixture_path(fixture, below), 0), 0);
    cr_assert_lt(open(fixture_path(fixture, below), O_RDONLY), 0);
}

static inline void
download(struct fixture *fixture, const struct locator *locator)
{
    struct download_outcome outcome;
    struct sealift_error err;

    cr_assert_eq(fixture_download(fixture, fixture->store, locator, "back", &outcome, &err), SEALIFT_OK, "%s",
                 err.message);
}

static inline bool
is_there(struct fixture *fixture, const char *below)
{
    return access(fixture_path(fixture, below), F_OK) == 0;
}

static inline size_t
count_manifests(struct fixture *fixture)
{
    char prefix[NAME_SIZE];

    name_of_manifests(&fixture->fs, prefix);
    return object_count(fixture->store, prefix);
}

#endif
