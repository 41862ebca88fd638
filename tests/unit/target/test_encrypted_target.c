/* Restoring into a directory that was made an encrypted one just before. */
#include "at_rest.h"
#include "fixture_degraded.h"
#include "fixture_disk.h"
#include "scoped.h"
#include "seeded_world.h"
#include "target.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sealift_error err;
static struct seeded_world seeded;
static struct disk disk;
static struct secret *key;
static struct target *target;
static char vault[2 * PATH_MAX], id[AT_REST_ID_SIZE];

static void
set_up(void)
{
    seeded_world_init(&seeded, 7);
    key = disk_key(0);
    if (!disk_make_encryptable(&disk))
        cr_skip_test("no ext4 with fscrypt on a loop device here");
    snprintf(vault, sizeof(vault), "%s", disk_at(&disk, "vault"));
    cr_assert_eq(at_rest_identify(key, id, &err), SEALIFT_OK);
    cr_assert_eq(at_rest_encrypt(vault, key, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(target_open(&seeded.world, vault, degraded_note, NULL, &target, &err), SEALIFT_OK, "%s", err.message);
}

static void
tear_down(void)
{
    target_free(&target);
    secret_free(&key);
    disk_done(&disk);
}

TestSuite(encrypted_target, .init = set_up, .fini = tear_down);

static struct tree_entry
entry_of(enum tree_type type, const char *name, uint32_t mode)
{
    return (struct tree_entry){.path = bytes_of_text(name), .type = type, .mode = mode, .mtime_s = 1000000000};
}

static void
make(enum tree_type type, const char *name, const char *points_to)
{
    struct tree_entry entry = entry_of(type, name, 0755);

    entry.target = bytes_of_text(points_to);
    cr_assert_eq(target_make(target, &entry, &err), SEALIFT_OK, "%s", err.message);
}

static void
make_file(const char *name, const char *contents)
{
    struct tree_entry entry = entry_of(TREE_FILE, name, 0644);
    struct target_file *file;

    entry.size = strlen(contents);
    cr_assert_eq(target_file_make(target, &entry, &file, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(target_file_write(file, 0, bytes_of_text(contents), &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(target_file_finish(&file, &err), SEALIFT_OK, "%s", err.message);
}

static void
finish(void)
{
    struct tree_entry root = entry_of(TREE_DIRECTORY, "", 0751);

    cr_assert_eq(target_finish_entry(target, &root, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(target_finish(target, &err), SEALIFT_OK, "%s", err.message);
    target_free(&target);
}

Test(encrypted_target, holds_what_was_restored_after_it_was_locked_and_unlocked)
{
    enum at_rest_state state;
    struct stat about;
    char text[64] = "";
    int fd;

    make(TREE_DIRECTORY, "attic", "");
    make_file("attic/diary", "dear diary");
    make(TREE_SYMLINK, "link", "attic/diary");
    make(TREE_HARD_LINK, "second", "attic/diary");
    make(TREE_FIFO, "waiting", "");
    finish();
    cr_assert_str_empty(degraded);

    cr_assert_eq(at_rest_lock(vault, id, &state, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(state, AT_REST_LOCKED);
    cr_assert_neq(access(disk_at(&disk, "vault/link"), F_OK), 0);
    cr_assert_eq(at_rest_unlock(vault, id, key, &err), SEALIFT_OK, "%s", err.message);

    fd = open(disk_at(&disk, "vault/link"), O_RDONLY | O_CLOEXEC);
    cr_assert_eq(read(fd, text, sizeof(text) - 1), (ssize_t)strlen("dear diary"));
    cr_assert_str_eq(text, "dear diary");
    cr_assert_eq(fstat(fd, &about), 0);
    cr_assert_eq(about.st_nlink, 2);
    cr_assert_eq(about.st_mtime, 1000000000);
    close(fd);
    cr_assert_eq(stat(vault, &about), 0);
    cr_assert_eq(about.st_mode & 07777, 0751);
}

/* 4,095 bytes are what Linux allows; the encrypted form takes a few more. */
Test(encrypted_target, leaves_out_a_link_that_points_too_far_and_its_other_names)
{
    char far[PATH_MAX] = "";
    struct stat about;

    memset(far, 'x', sizeof(far) - 1);
    make(TREE_SYMLINK, "far", far);
    make(TREE_HARD_LINK, "far-too", "far");
    far[4000] = '\0';
    make(TREE_SYMLINK, "near", far);
    finish();
    cr_assert(strstr(degraded, "far: it could not be made") != NULL, "%s", degraded);
    cr_assert(strstr(degraded, "far-too: this name was left out") != NULL, "%s", degraded);
    cr_assert(strstr(degraded, "near") == NULL, "%s", degraded);
    cr_assert_neq(lstat(disk_at(&disk, "vault/far"), &about), 0);
    cr_assert_eq(lstat(disk_at(&disk, "vault/near"), &about), 0);
    cr_assert_eq(about.st_size, 4000);
}

Test(encrypted_target, says_that_it_was_locked_meanwhile)
{
    struct tree_entry entry = entry_of(TREE_DIRECTORY, "attic", 0755);
    enum at_rest_state state;

    cr_assert_eq(at_rest_lock(vault, id, &state, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(state, AT_REST_BUSY);
    cr_assert_eq(target_make(target, &entry, &err), SEALIFT_KEY, "%s", err.message);
    cr_assert(strstr(err.message, "unlock it") != NULL, "%s", err.message);
}
