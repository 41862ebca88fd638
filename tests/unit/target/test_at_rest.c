#include "at_rest.h"

#include "fixture_disk.h"
#include "fscrypt.h"
#include "heap_search.h"
#include "scoped.h"
#include "text.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fscrypt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sealift_error err;
static struct disk disk;
static struct secret *key;
static char id[AT_REST_ID_SIZE];
static char vault[2 * PATH_MAX]; /* the encrypted directory */

static void
set_up(void)
{
    key = disk_key(0);
    cr_assert_eq(at_rest_identify(key, id, &err), SEALIFT_OK);
}

static void
tear_down(void)
{
    secret_free(&key);
    disk_done(&disk);
}

TestSuite(at_rest, .init = set_up, .fini = tear_down);

#define NEEDS_A_DISK()                                                                                                 \
    do {                                                                                                               \
        if (!disk_make_encryptable(&disk))                                                                             \
            cr_skip_test("no ext4 with fscrypt on a loop device here");                                                \
        snprintf(vault, sizeof(vault), "%s", disk_at(&disk, "vault"));                                                 \
    } while (0)

#define NEEDS_AN_ENCRYPTED_DIRECTORY()                                                                                 \
    do {                                                                                                               \
        NEEDS_A_DISK();                                                                                                \
        cr_assert_eq(at_rest_encrypt(vault, key, &err), SEALIFT_OK, "%s", err.message);                                \
    } while (0)

static void
write_diary(void)
{
    SCOPED(fd_done) int fd = open(vault, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    playground_directory(fd, "attic");
    playground_file(fd, "attic/diary", "dear diary");
}

static bool
diary_is_readable(void)
{
    SCOPED(fd_done) int fd = open(disk_at(&disk, "vault/attic/diary"), O_RDONLY | O_CLOEXEC);
    char text[32] = "";

    return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && strcmp(text, "dear diary") == 0;
}

/* The first name in a directory, and -1 when it has none. */
static int
first_name(const char *path, char out[NAME_MAX + 1])
{
    DIR *listing = opendir(path);
    const struct dirent *entry = NULL;

    if (listing == NULL)
        return -1;
    do {
        entry = readdir(listing);
    } while (entry != NULL && entry->d_name[0] == '.');
    if (entry != NULL)
        snprintf(out, NAME_MAX + 1, "%s", entry->d_name);
    closedir(listing);
    return entry != NULL ? 0 : -1;
}

static enum at_rest_state
state_now(void)
{
    enum at_rest_state state = AT_REST_MISSING;

    cr_assert_eq(at_rest_state(vault, id, &state, &err), SEALIFT_OK, "%s", err.message);
    return state;
}

static enum at_rest_state
lock(void)
{
    enum at_rest_state state = AT_REST_MISSING;

    cr_assert_eq(at_rest_lock(vault, id, &state, &err), SEALIFT_OK, "%s", err.message);
    return state;
}

Test(at_rest, identifies_a_key_by_hkdf_sha_512)
{
    cr_assert_str_eq(id, "8699c2c53707405da5aba5ae4d8583c0");
}

Test(at_rest, identifies_no_key_of_another_length)
{
    SCOPED(secret_free) struct secret *short_key = NULL;

    cr_assert_eq(secret_new(32, &short_key, &err), SEALIFT_OK);
    cr_assert_eq(at_rest_identify(short_key, id, &err), SEALIFT_KEY);
}

Test(at_rest, encrypts_under_the_identifier_that_the_kernel_answers)
{
    SCOPED(fd_done) int fd = -1;
    struct fscrypt_id of_policy;
    char text[AT_REST_ID_SIZE];

    NEEDS_AN_ENCRYPTED_DIRECTORY();
    fd = open(vault, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_eq(fscrypt_read_policy(fd, &of_policy), 0);
    hex_encode(BYTES_OF(of_policy.bytes), text);
    cr_assert_str_eq(text, id);
    cr_assert_eq(state_now(), AT_REST_UNLOCKED);
}

Test(at_rest, hides_names_and_contents_while_it_is_locked)
{
    char hidden[NAME_MAX + 1];

    NEEDS_AN_ENCRYPTED_DIRECTORY();
    write_diary();
    cr_assert(diary_is_readable());

    cr_assert_eq(lock(), AT_REST_LOCKED);
    cr_assert_eq(state_now(), AT_REST_LOCKED);
    cr_assert_not(diary_is_readable());
    cr_assert_eq(first_name(vault, hidden), 0);
    cr_assert_str_neq(hidden, "attic");

    cr_assert_eq(at_rest_unlock(vault, id, key, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(state_now(), AT_REST_UNLOCKED);
    cr_assert(diary_is_readable());
}

Test(at_rest, opens_no_file_by_its_hidden_name)
{
    char hidden[NAME_MAX + 1], path[3 * PATH_MAX];

    NEEDS_AN_ENCRYPTED_DIRECTORY();
    close(creat(disk_at(&disk, "vault/diary"), 0600));
    cr_assert_eq(lock(), AT_REST_LOCKED);
    cr_assert_eq(first_name(vault, hidden), 0);
    snprintf(path, sizeof(path), "%s/%s", vault, hidden);
    cr_assert_eq(access(path, F_OK), 0);
    cr_assert_lt(open(path, O_RDONLY | O_CLOEXEC), 0);
    cr_assert_eq(errno, ENOKEY);
}

Test(at_rest, changes_nothing_when_it_is_locked_or_unlocked_already)
{
    NEEDS_AN_ENCRYPTED_DIRECTORY();
    write_diary();
    cr_assert_eq(at_rest_unlock(vault, id, key, &err), SEALIFT_OK, "%s", err.message);
    cr_assert(diary_is_readable());
    cr_assert_eq(lock(), AT_REST_LOCKED);
    cr_assert_eq(lock(), AT_REST_LOCKED);
}

Test(at_rest, is_busy_while_a_file_is_open_and_locked_when_it_is_not)
{
    int fd;

    NEEDS_AN_ENCRYPTED_DIRECTORY();
    write_diary();
    fd = open(disk_at(&disk, "vault/attic/diary"), O_RDONLY | O_CLOEXEC);
    cr_assert_eq(lock(), AT_REST_BUSY);
    cr_assert_eq(state_now(), AT_REST_BUSY);
    cr_assert_eq(close(fd), 0);
    cr_assert_eq(lock(), AT_REST_LOCKED);
}

Test(at_rest, comes_back_from_being_busy)
{
    SCOPED(fd_done) int fd = -1;

    NEEDS_AN_ENCRYPTED_DIRECTORY();
    write_diary();
    fd = open(disk_at(&disk, "vault/attic/diary"), O_RDONLY | O_CLOEXEC);
    cr_assert_eq(lock(), AT_REST_BUSY);
    cr_assert_eq(at_rest_unlock(vault, id, key, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(state_now(), AT_REST_UNLOCKED);
}

Test(at_rest, locks_what_was_written_a_moment_ago)
{
    NEEDS_AN_ENCRYPTED_DIRECTORY();
    for (int i = 0; i < 200; i++) {
        char name[64];
        int fd;

        snprintf(name, sizeof(name), "vault/file-%d", i);
        fd = open(disk_at(&disk, name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        cr_assert_eq(write(fd, name, sizeof(name)), (ssize_t)sizeof(name));
        close(fd);
    }
    cr_assert_eq(lock(), AT_REST_LOCKED);
}

Test(at_rest, finds_the_key_of_a_directory_and_of_those_below_it)
{
    char found[AT_REST_ID_SIZE];

    NEEDS_AN_ENCRYPTED_DIRECTORY();
    write_diary();
    cr_assert_eq(at_rest_find(vault, found, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(found, id);
    cr_assert_eq(at_rest_find(disk_at(&disk, "vault/attic"), found, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(found, id);
    cr_assert_eq(at_rest_find(disk_at(&disk, "."), found, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(found, "");
    cr_assert_eq(at_rest_find("/proc", found, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(found, "");
    cr_assert_eq(at_rest_find(disk_at(&disk, "nowhere"), found, &err), SEALIFT_NOT_FOUND);
}

Test(at_rest, takes_no_other_key)
{
    SCOPED(secret_free) struct secret *other = disk_key(1);
    char other_id[AT_REST_ID_SIZE];
    enum at_rest_state state;

    NEEDS_AN_ENCRYPTED_DIRECTORY();
    cr_assert_eq(lock(), AT_REST_LOCKED);
    cr_assert_eq(at_rest_unlock(vault, id, other, &err), SEALIFT_KEY, "another key under this name");
    cr_assert_eq(at_rest_identify(other, other_id, &err), SEALIFT_OK);
    cr_assert_eq(at_rest_unlock(vault, other_id, other, &err), SEALIFT_KEY, "another key under its own name");
    cr_assert(strstr(err.message, vault) != NULL);
    cr_assert_eq(at_rest_lock(vault, other_id, &state, &err), SEALIFT_KEY);
    cr_assert_eq(at_rest_state(vault, other_id, &state, &err), SEALIFT_OK);
    cr_assert_eq(state, AT_REST_MISSING);
    cr_assert_eq(state_now(), AT_REST_LOCKED);
}

Test(at_rest, is_missing_where_there_is_nothing_encrypted)
{
    enum at_rest_state state;

    NEEDS_AN_ENCRYPTED_DIRECTORY();
    cr_assert_eq(mkdir(disk_at(&disk, "plain"), 0700), 0);
    cr_assert_eq(at_rest_state(disk_at(&disk, "plain"), id, &state, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(state, AT_REST_MISSING);
    cr_assert_eq(at_rest_state(disk_at(&disk, "nowhere"), id, &state, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(state, AT_REST_MISSING);
    cr_assert_eq(at_rest_state("/proc", id, &state, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(state, AT_REST_MISSING);
    cr_assert_eq(at_rest_unlock(disk_at(&disk, "plain"), id, key, &err), SEALIFT_NOT_FOUND);
    cr_assert_eq(at_rest_unlock(disk_at(&disk, "nowhere"), id, key, &err), SEALIFT_NOT_FOUND);
    cr_assert_eq(at_rest_lock(disk_at(&disk, "nowhere"), id, &state, &err), SEALIFT_NOT_FOUND);
}

Test(at_rest, makes_the_directory_and_the_way_to_it)
{
    struct stat about;

    NEEDS_AN_ENCRYPTED_DIRECTORY();
    cr_assert_eq(at_rest_encrypt(disk_at(&disk, "far/away/vault"), key, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(stat(disk_at(&disk, "far/away/vault"), &about), 0);
    cr_assert_eq(about.st_mode & 07777, 0700);
}

Test(at_rest, leaves_a_directory_that_was_there_its_mode)
{
    struct stat about;

    NEEDS_AN_ENCRYPTED_DIRECTORY();
    cr_assert_eq(mkdir(disk_at(&disk, "other"), 0750), 0);
    cr_assert_eq(at_rest_encrypt(disk_at(&disk, "other"), key, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(stat(disk_at(&disk, "other"), &about), 0);
    cr_assert_eq(about.st_mode & 07777, 0750);
}

static int
do_it_all_as_ordinary_user(void *argument)
{
    enum at_rest_state state;

    (void)argument;
    PLAYGROUND_CHECK(at_rest_encrypt(vault, key, &err) == SEALIFT_OK);
    write_diary();
    PLAYGROUND_CHECK(at_rest_lock(vault, id, &state, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(state == AT_REST_LOCKED);
    PLAYGROUND_CHECK(!diary_is_readable());
    PLAYGROUND_CHECK(at_rest_unlock(vault, id, key, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(diary_is_readable());
    return 0;
}

Test(at_rest, is_for_ordinary_users_too)
{
    NEEDS_A_DISK();
    cr_assert_eq(chmod(disk.mount, 0777), 0);
    cr_assert_eq(playground_as_ordinary_user(do_it_all_as_ordinary_user, NULL), 0);
}

static int
lock_what_root_unlocked(void *argument)
{
    enum at_rest_state state;

    (void)argument;
    PLAYGROUND_CHECK(at_rest_lock(vault, id, &state, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(state == AT_REST_UNLOCKED);
    PLAYGROUND_CHECK(at_rest_unlock(vault, id, key, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(at_rest_lock(vault, id, &state, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(state == AT_REST_UNLOCKED);
    PLAYGROUND_CHECK(at_rest_unlock(vault, id, key, &err) == SEALIFT_OK);
    return 0;
}

Test(at_rest, stays_unlocked_while_another_user_wants_it_and_root_locks_it_for_all)
{
    NEEDS_AN_ENCRYPTED_DIRECTORY();
    cr_assert_eq(chmod(vault, 0755), 0);
    cr_assert_eq(playground_as_ordinary_user(lock_what_root_unlocked, NULL), 0);
    cr_assert_eq(lock(), AT_REST_LOCKED);
}

static void
fill_disk(void)
{
    SCOPED(fd_done) int fd = open(disk_at(&disk, "fill"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    off_t at = 0;

    for (off_t piece = (off_t)64 << 20; piece >= 1024;) {
        if (fallocate(fd, 0, at, piece) == 0)
            at += piece;
        else
            piece /= 2;
    }
}

/* Inodes of 128 bytes have no room for the policy: it takes a block, and there is none. */
Test(at_rest, leaves_the_kernel_no_key_when_it_fails)
{
    static const char *const make[] = {"mkfs.ext4", "-q", "-F", "-I", "128", "-m", "0", "-O", "encrypt", NULL};
    SCOPED(fd_done) int fd = -1;
    struct fscrypt_id known;
    uint32_t status;

    if (!disk_make(&disk, make))
        cr_skip_test("no ext4 on a loop device here");
    snprintf(vault, sizeof(vault), "%s", disk_at(&disk, "vault"));
    cr_assert_eq(mkdir(vault, 0700), 0);
    fill_disk();
    cr_assert_eq(at_rest_encrypt(vault, key, &err), SEALIFT_IO, "%s", err.message);
    cr_assert(strstr(err.message, "No space left") != NULL, "%s", err.message);
    fd = open(disk.mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert(hex_decode(id, known.bytes, sizeof(known.bytes)));
    cr_assert_eq(fscrypt_key_status(fd, &known, &status), 0);
    cr_assert_eq(status, FSCRYPT_KEY_STATUS_ABSENT);
}

Test(at_rest, leaves_no_copy_of_the_key_in_memory)
{
    static const char shifted[] = "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr";
    SCOPED(buf_done) struct buf present = {0};

    NEEDS_A_DISK();
    for (size_t i = 0; i < key->len; i++)
        key->bytes[i] = (uint8_t)(shifted[i] - 1);
    cr_assert_eq(buf_append_bytes(&present, secret_bytes(key), &err), SEALIFT_OK);
    if (heap_count_shifted(shifted) == 0)
        cr_skip_test("this heap cannot be searched");
    memset(present.data, 0, present.len);

    cr_assert_eq(at_rest_identify(key, id, &err), SEALIFT_OK);
    cr_assert_eq(at_rest_encrypt(vault, key, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(lock(), AT_REST_LOCKED);
    cr_assert_eq(at_rest_unlock(vault, id, key, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(heap_count_shifted(shifted), 0);
}
