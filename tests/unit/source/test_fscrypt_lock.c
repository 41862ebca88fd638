#include "fscrypt_lock.h"

#include "disk.h"
#include "scoped.h"
#include "seeded_world.h"
#include "shown_path.h"
#include "walk.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <linux/fscrypt.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static struct sealift_error err;
static struct seeded_world seeded;
static struct disk disk;
static struct fscrypt_key_specifier key; /* of "vault" */
static char story[4096];                 /* what a walk gave, and what it told, a line each */

static void
set_up(void)
{
    seeded_world_init(&seeded, 7);
    if (!disk_make_encryptable(&disk))
        cr_skip_test("no ext4 with fscrypt on a loop device here");
}

static void
tear_down(void)
{
    disk_done(&disk);
}

TestSuite(fscrypt_lock, .init = set_up, .fini = tear_down);

static int
open_directory(const char *name)
{
    int fd = open(disk_at(&disk, name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    cr_assert_geq(fd, 0, "%s", name);
    return fd;
}

static bool
is_locked(const char *name)
{
    SCOPED(fd_done) int fd = open_directory(name);

    return fscrypt_lock_is_on(fd);
}

/* The kernel makes the identifier of a v2 key, and is told the descriptor of a v1 key. */
static void
unlock(unsigned type)
{
    SCOPED(fd_done) int fd = open_directory("");
    union {
        struct fscrypt_add_key_arg head;
        uint8_t bytes[sizeof(struct fscrypt_add_key_arg) + FSCRYPT_MAX_KEY_SIZE];
    } room = {.head = {.key_spec.type = type, .raw_size = FSCRYPT_MAX_KEY_SIZE}};

    memset(room.bytes + sizeof(room.head), 7, FSCRYPT_MAX_KEY_SIZE);
    cr_assert_eq(ioctl(fd, FS_IOC_ADD_ENCRYPTION_KEY, &room), 0);
    key = room.head.key_spec;
}

static void
lock(void)
{
    SCOPED(fd_done) int fd = open_directory("");
    struct fscrypt_remove_key_arg arg = {.key_spec = key};

    cr_assert_eq(ioctl(fd, FS_IOC_REMOVE_ENCRYPTION_KEY, &arg), 0);
}

static void
encrypt(void *policy)
{
    SCOPED(fd_done) int fd = -1;

    playground_directory(disk.playground.fd, "disk/vault");
    fd = open_directory("vault");
    cr_assert_eq(ioctl(fd, FS_IOC_SET_ENCRYPTION_POLICY, policy), 0);
}

/* What would be carried from a locked directory under made-up names: what is not opened to be read. */
static void
fill(void)
{
    playground_directory(disk.playground.fd, "disk/vault/attic");
    cr_assert_eq(symlink("attic", disk_at(&disk, "vault/link")), 0);
}

static void
make_vault(void)
{
    struct fscrypt_policy_v2 policy = {
        .version = FSCRYPT_POLICY_V2,
        .contents_encryption_mode = FSCRYPT_MODE_AES_256_XTS,
        .filenames_encryption_mode = FSCRYPT_MODE_AES_256_CTS,
    };

    unlock(FSCRYPT_KEY_SPEC_TYPE_IDENTIFIER);
    memcpy(policy.master_key_identifier, key.u.identifier, sizeof(policy.master_key_identifier));
    encrypt(&policy);
    fill();
}

static void
make_old_vault(void)
{
    struct fscrypt_policy_v1 policy = {
        .version = FSCRYPT_POLICY_V1,
        .contents_encryption_mode = FSCRYPT_MODE_AES_256_XTS,
        .filenames_encryption_mode = FSCRYPT_MODE_AES_256_CTS,
    };

    unlock(FSCRYPT_KEY_SPEC_TYPE_DESCRIPTOR);
    memcpy(policy.master_key_descriptor, key.u.descriptor, sizeof(policy.master_key_descriptor));
    encrypt(&policy);
    fill();
}

static void
tell(const char *word, struct bytes path, const char *reason)
{
    size_t len = strlen(story);

    snprintf(story + len, sizeof(story) - len, "%s%s %s\n", word, shown_path(path).text, reason);
}

static void
note(void *context, enum walk_notice notice, struct bytes path, const char *reason)
{
    (void)context;
    tell(notice == WALK_MISSING ? "missing: " : "told: ", path, reason);
}

static void
walk_all(void)
{
    SCOPED(walk_free) struct walk *walk = NULL;
    const struct walk_options options = {.notify = note};
    bool more = true;

    story[0] = '\0';
    cr_assert_eq(walk_open(&seeded.world, disk.mount, &options, &walk, &err), SEALIFT_OK, "%s", err.message);
    while (more) {
        SCOPED(walk_entry_free) struct walk_entry *entry = NULL;

        cr_assert_eq(walk_next(walk, &entry, &err), SEALIFT_OK, "%s", err.message);
        more = entry != NULL;
        if (more)
            tell("", entry->meta.path, "");
    }
}

#define LOCKED_STORY   ". \nlost+found \nmissing: vault is locked (fscrypt): unlock it, or exclude it\nvault \n"
#define UNLOCKED_STORY ". \nlost+found \nvault \nvault/attic \nvault/link \n"

Test(fscrypt_lock, is_told_of_what_is_locked_and_of_nothing_else)
{
    make_vault();
    cr_assert_not(is_locked(""));
    cr_assert_not(is_locked("vault"));
    cr_assert_not(is_locked("vault/attic"));
    lock();
    cr_assert(is_locked("vault"));
    cr_assert_not(is_locked(""));
}

Test(fscrypt_lock, keeps_the_walk_out_while_it_is_on)
{
    make_vault();
    walk_all();
    cr_assert_str_eq(story, UNLOCKED_STORY);
    lock();
    walk_all();
    cr_assert_str_eq(story, LOCKED_STORY);
    unlock(FSCRYPT_KEY_SPEC_TYPE_IDENTIFIER);
    walk_all();
    cr_assert_str_eq(story, UNLOCKED_STORY);
}

Test(fscrypt_lock, is_told_of_policies_of_the_first_version)
{
    make_old_vault();
    walk_all();
    cr_assert_str_eq(story, UNLOCKED_STORY);
    lock();
    walk_all();
    cr_assert_str_eq(story, LOCKED_STORY);
}

Test(fscrypt_lock, is_on_while_only_what_is_open_stays_readable)
{
    SCOPED(fd_done) int held = -1;

    make_vault();
    held = open_directory("vault");
    lock();
    walk_all();
    cr_assert_str_eq(story, LOCKED_STORY);
}

Test(fscrypt_lock, lets_no_walk_begin_in_what_is_locked)
{
    SCOPED(walk_free) struct walk *walk = NULL;
    const struct walk_options options = {.notify = note};

    make_vault();
    lock();
    cr_assert_eq(walk_open(&seeded.world, disk_at(&disk, "vault"), &options, &walk, &err), SEALIFT_CONFLICT);
    cr_assert_not_null(strstr(err.message, "is locked (fscrypt)"), "%s", err.message);
}
