#include "fixture_target.h"

#include "fixture_degraded.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct sealift_error err;
struct seeded_world seeded;
struct playground playground;
char path[PATH_MAX + 64];

void
name_target(void)
{
    snprintf(path, sizeof(path), "%s/new", playground.path);
}

void
target_set_up(void)
{
    seeded_world_init(&seeded, 7);
    playground_make(&playground);
    name_target();
    degraded[0] = '\0';
}

void
target_tear_down(void)
{
    playground_remove(&playground);
}

struct target *
target_of(const char *root)
{
    struct target *target = NULL;

    cr_assert_eq(target_open(&seeded.world, root, degraded_note, NULL, &target, &err), SEALIFT_OK, "%s", err.message);
    return target;
}

/* An entry of this user's, with a time that is not now. */
struct tree_entry
entry_of(enum tree_type type, const char *name, uint32_t mode)
{
    return (struct tree_entry){.path = bytes_of_text(name),
                               .type = type,
                               .mode = mode,
                               .uid = geteuid(),
                               .gid = getegid(),
                               .mtime_s = 1000000000,
                               .mtime_ns = 123456789};
}

void
make(struct target *target, enum tree_type type, const char *name, uint32_t mode)
{
    struct tree_entry entry = entry_of(type, name, mode);

    cr_assert_eq(target_make(target, &entry, &err), SEALIFT_OK, "%s", err.message);
}

enum sealift_status
try_file(struct target *target, const struct tree_entry *entry, const char *contents)
{
    struct tree_entry sized = *entry;
    struct target_file *file = NULL;

    if (sized.size == 0)
        sized.size = strlen(contents);
    TRY(target_file_make(target, &sized, &file, &err));
    if (target_file_write(file, 0, bytes_of_text(contents), &err) != SEALIFT_OK) {
        target_file_abandon(&file);
        return err.status;
    }
    return target_file_finish(&file, &err);
}

void
make_file(struct target *target, const struct tree_entry *entry, const char *contents)
{
    cr_assert_eq(try_file(target, entry, contents), SEALIFT_OK, "%s", err.message);
}

void
finish_directory(struct target *target, const char *name, uint32_t mode)
{
    struct tree_entry entry = entry_of(TREE_DIRECTORY, name, mode);

    cr_assert_eq(target_finish_entry(target, &entry, &err), SEALIFT_OK, "%s", err.message);
}

struct stat
stat_of(const char *name)
{
    char full[2 * PATH_MAX];
    struct stat stat;

    snprintf(full, sizeof(full), "%s/%s", path, name);
    cr_assert_eq(lstat(full, &stat), 0, "%s: %s", full, strerror(errno));
    return stat;
}

bool
exists(const char *name)
{
    char full[2 * PATH_MAX];
    struct stat stat;

    snprintf(full, sizeof(full), "%s/%s", path, name);
    return lstat(full, &stat) == 0;
}

void
expect_contents(const char *name, const char *contents)
{
    char full[2 * PATH_MAX], got[4096] = "";
    int fd;

    snprintf(full, sizeof(full), "%s/%s", path, name);
    fd = open(full, O_RDONLY | O_CLOEXEC);
    cr_assert_geq(fd, 0, "%s: %s", full, strerror(errno));
    cr_assert_geq(read(fd, got, sizeof(got) - 1), 0);
    close(fd);
    cr_assert_str_eq(got, contents);
}

void
expect_message(const char *part)
{
    cr_assert_not_null(strstr(err.message, part), "\"%s\" is not in: %s", part, err.message);
}
