#include "store_directory.h"

#include "error.h"
#include "name_batch.h"
#include "scoped.h"
#include "scratch_folder.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct cancel cancel;
static const struct world world = {&clock_system, &entropy_system, &cancel, NULL};

/* --- every fsync() of the store passes here: it is counted by the path that it makes durable, and may fail --- */

static char synced[4096]; /* the paths, a line each */
static int sync_error;    /* errno to fail with; 0: none */

int
fsync(int fd)
{
    char link[64];
    char path[PATH_MAX] = "";
    ssize_t len;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    len = readlink(link, path, sizeof(path) - 1);
    path[len > 0 ? len : 0] = '\0';
    snprintf(synced + strlen(synced), sizeof(synced) - strlen(synced), "%s\n", path);
    if (sync_error != 0) {
        errno = sync_error;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

/* --- and every linkat(), which may fail as file systems without hard links let it --- */

static int link_error;

int
linkat(int from, const char *name, int to, const char *other, int flags)
{
    if (link_error != 0) {
        errno = link_error;
        return -1;
    }
    return (int)syscall(SYS_linkat, from, name, to, other, flags);
}

/* --- helpers --- */

static struct store *
open_store(const char *path)
{
    struct store *store;
    struct sealift_error err;

    cr_assert_eq(store_directory_open(&world, path, false, &store, &err), SEALIFT_OK, "%s", err.message);
    return store;
}

static void
put(struct store *store, const char *name, const char *text)
{
    struct sealift_error err;

    cr_assert_eq(store_put_small(store, name, bytes_of_text(text), &err), SEALIFT_OK, "%s", err.message);
}

static bool
exists(const struct scratch_folder *scratch, const char *name)
{
    struct stat about;

    return lstat(scratch_folder_at(scratch, name), &about) == 0;
}

static void
write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    cr_assert_not_null(file, "%s", path);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
}

static enum sealift_status
join_name(void *context, const struct store_object *object, struct sealift_error *err)
{
    (void)err;
    cr_assert_lt(strlen(context) + strlen(object->name) + 2, 1024);
    strcat(strcat(context, object->name), " ");
    return SEALIFT_OK;
}

static const char *
list_all(struct store *store)
{
    static char names[1024];
    struct sealift_error err;

    names[0] = '\0';
    cr_assert_eq(store_list(store, "", NULL, join_name, names, &err), SEALIFT_OK, "%s", err.message);
    return names;
}

/* Permissions bind only an ordinary user. */
static void
become_ordinary(const struct scratch_folder *scratch)
{
    if (geteuid() != 0)
        return;
    cr_assert_eq(chown(scratch->path, 65534, 65534), 0);
    cr_assert_eq(seteuid(65534), 0);
}

static void
become_root_again(void)
{
    if (getuid() == 0)
        cr_assert_eq(seteuid(0), 0);
}

/* A file system of a few pages, in a mount namespace of this test's own. */
static void
mount_tiny(struct scratch_folder *scratch)
{
    if (geteuid() == 0 && unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
        mount("tmpfs", scratch->path, "tmpfs", 0, "size=256k") == 0)
        return;
    scratch_folder_done(scratch);
    cr_skip_test("only root, with mount namespaces and tmpfs, can mount the small file system that this test fills");
}

/* --- opening --- */

Test(store_directory, opens_only_what_is_there_unless_told_to_create)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    SCOPED(store_free) struct store *store = NULL;
    struct sealift_error err;
    struct stat about;
    const char *path;

    scratch_folder_make(&scratch);
    path = scratch_folder_at(&scratch, "new/store/");
    cr_assert_eq(store_directory_open(&world, path, false, &store, &err), SEALIFT_NOT_FOUND);
    cr_assert_not_null(strstr(err.message, "make it, or mount"), "%s", err.message);
    cr_assert_eq(store_directory_open(&world, path, true, &store, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(stat(path, &about), 0);
    cr_assert_eq(about.st_mode & 07777, 0700);
    cr_assert_str_eq(strrchr(store->url, '/'), "/store");
    cr_assert_eq(strncmp(store->url, "file:///", 8), 0);
}

Test(store_directory, wants_an_absolute_path_to_a_folder)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    struct store *store;
    struct sealift_error err;
    char long_path[1024];

    scratch_folder_make(&scratch);
    cr_assert_eq(store_directory_open(&world, "relative", false, &store, &err), SEALIFT_INVALID);
    cr_assert_eq(store_directory_open(&world, "", true, &store, &err), SEALIFT_INVALID);
    write_file(scratch_folder_at(&scratch, "file"), "x");
    cr_assert_eq(store_directory_open(&world, scratch_folder_at(&scratch, "file"), false, &store, &err),
                 SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "no folder"), "%s", err.message);
    memset(long_path, '/', sizeof(long_path) - 1);
    long_path[sizeof(long_path) - 2] = 'a';
    long_path[sizeof(long_path) - 1] = '\0';
    cr_assert_eq(store_directory_open(&world, long_path, false, &store, &err), SEALIFT_INVALID);
}

/* --- publishing --- */

Test(store_directory, leaves_nothing_but_the_object_behind)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    SCOPED(store_free) struct store *store = NULL;
    struct sealift_error err;
    struct stat about;

    scratch_folder_make(&scratch);
    store = open_store(scratch.path);
    put(store, "a/b", "x");
    cr_assert_eq(store_put_small(store, "a/b", bytes_of_text("y"), &err), SEALIFT_CONFLICT);
    cr_assert_eq(stat(scratch_folder_at(&scratch, "a/b"), &about), 0);
    cr_assert_eq(about.st_nlink, 1);
    cr_assert_eq(about.st_mode & 07777, 0600);
    cr_assert_eq(rmdir(scratch_folder_at(&scratch, ".tmp")), 0, "it is not empty");
    put(store, "a/c", "made again");
}

Test(store_directory, makes_the_file_and_every_folder_that_gained_an_entry_durable)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    SCOPED(store_free) struct store *store = NULL;
    char expected[1024];

    scratch_folder_make(&scratch);
    store = open_store(scratch.path);
    put(store, "fs/1/a", "x");
    cr_assert_not_null(strstr(synced, "/.tmp/"), "the bytes themselves: %s", synced);
    snprintf(expected, sizeof(expected), "%s\n%s/fs\n%s/fs/1\n", scratch.path, scratch.path, scratch.path);
    cr_assert_str_eq(strchr(synced, '\n') + 1, expected);

    /* The way is known by now. */
    synced[0] = '\0';
    put(store, "fs/1/b", "x");
    snprintf(expected, sizeof(expected), "%s/fs/1\n", scratch.path);
    cr_assert_str_eq(strchr(synced, '\n') + 1, expected);

    /* Whoever put the object there may have died before it was durable. */
    synced[0] = '\0';
    put(store, "fs/1/b", "x");
    cr_assert_str_eq(strchr(synced, '\n') + 1, expected);
}

Test(store_directory, does_not_call_durable_what_the_disk_refused)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    SCOPED(store_free) struct store *store = NULL;
    struct sealift_error err;

    scratch_folder_make(&scratch);
    store = open_store(scratch.path);
    sync_error = EIO;
    cr_assert_eq(store_put_small(store, "a/b", bytes_of_text("x"), &err), SEALIFT_IO);
    cr_assert_not_null(strstr(err.message, "durable"), "%s", err.message);
    cr_assert_not_null(strstr(err.message, "kernel's log"), "%s", err.message);
    cr_assert(!exists(&scratch, "a/b"));
    sync_error = 0;
    put(store, "a/b", "x");
}

Test(store_directory, replaces_nothing_where_there_are_no_hard_links_either)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    SCOPED(store_free) struct store *store = NULL;
    struct sealift_error err;

    scratch_folder_make(&scratch);
    store = open_store(scratch.path);
    link_error = EPERM;
    put(store, "a/b", "first");
    put(store, "a/b", "first");
    cr_assert_eq(store_put_small(store, "a/b", bytes_of_text("other"), &err), SEALIFT_CONFLICT);
    cr_assert_str_eq(list_all(store), "a/b ");
    cr_assert_eq(rmdir(scratch_folder_at(&scratch, ".tmp")), 0, "it is not empty");
}

Test(store_directory, sweeps_what_the_dead_left_and_spares_what_the_living_write)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    SCOPED(store_free) struct store *store = NULL;
    int living;

    scratch_folder_make(&scratch);
    cr_assert_eq(mkdir(scratch_folder_at(&scratch, ".tmp"), 0700), 0);
    write_file(scratch_folder_at(&scratch, ".tmp/0123456789abcdef"), "half a segm");
    write_file(scratch_folder_at(&scratch, ".tmp/fedcba9876543210"), "under way");
    living = open(scratch_folder_at(&scratch, ".tmp/fedcba9876543210"), O_RDWR);
    cr_assert_eq(flock(living, LOCK_EX), 0);

    store = open_store(scratch.path);
    cr_assert_str_eq(list_all(store), "");
    cr_assert(exists(&scratch, ".tmp/0123456789abcdef"), "reading changes nothing");
    put(store, "a", "x");
    cr_assert(!exists(&scratch, ".tmp/0123456789abcdef"));
    cr_assert(exists(&scratch, ".tmp/fedcba9876543210"));
    cr_assert_str_eq(list_all(store), "a ");
    close(living);
}

Test(store_directory, refuses_an_object_where_a_folder_is_and_a_folder_where_an_object_is)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    SCOPED(store_free) struct store *store = NULL;
    struct sealift_error err;

    scratch_folder_make(&scratch);
    store = open_store(scratch.path);
    put(store, "a/b", "x");
    cr_assert_eq(store_put_small(store, "a", bytes_of_text("y"), &err), SEALIFT_CONFLICT);
    cr_assert_eq(store_put_small(store, "a/b/c", bytes_of_text("y"), &err), SEALIFT_CONFLICT);
    cr_assert_str_eq(list_all(store), "a/b ");
}

Test(store_directory, keeps_no_empty_folders)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    SCOPED(store_free) struct store *store = NULL;
    struct sealift_error err;

    scratch_folder_make(&scratch);
    store = open_store(scratch.path);
    put(store, "a/b/c/d", "x");
    put(store, "a/e", "x");
    cr_assert_eq(store_delete(store, "a/b/c/d", &err), SEALIFT_OK);
    cr_assert(!exists(&scratch, "a/b"));
    cr_assert_eq(store_delete(store, "a/e", &err), SEALIFT_OK);
    cr_assert(!exists(&scratch, "a"));
    cr_assert(exists(&scratch, ""));
}

/* --- hostile folders --- */

Test(store_directory, is_never_led_out_by_a_symbolic_link)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    SCOPED(store_free) struct store *store = NULL;
    SCOPED(buf_done) struct buf got = {0};
    struct store_head head;
    struct sealift_error err;
    char names[1024] = "";

    scratch_folder_make(&scratch);
    cr_assert_eq(mkdir(scratch_folder_at(&scratch, "store"), 0700), 0);
    cr_assert_eq(mkdir(scratch_folder_at(&scratch, "outside"), 0700), 0);
    write_file(scratch_folder_at(&scratch, "outside/file"), "secret");
    cr_assert_eq(symlink("../outside", scratch_folder_at(&scratch, "store/out")), 0);
    cr_assert_eq(symlink("../outside/file", scratch_folder_at(&scratch, "store/file")), 0);
    store = open_store(scratch_folder_at(&scratch, "store"));

    cr_assert_eq(store_get(store, "out/file", 99, &got, &err), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "symbolic link"), "%s", err.message);
    cr_assert_eq(store_get(store, "file", 99, &got, &err), SEALIFT_CORRUPT);
    cr_assert_eq(store_head(store, "file", &head, &err), SEALIFT_CORRUPT);
    cr_assert_eq(store_put_small(store, "out/new", bytes_of_text("x"), &err), SEALIFT_CORRUPT);
    cr_assert(!exists(&scratch, "outside/new"));
    cr_assert_eq(store_put_small(store, "file", bytes_of_text("secret"), &err), SEALIFT_CORRUPT);
    cr_assert_eq(store_delete(store, "out/file", &err), SEALIFT_CORRUPT);
    cr_assert(exists(&scratch, "outside/file"));
    cr_assert_eq(store_list(store, "out/", NULL, join_name, names, &err), SEALIFT_CORRUPT);
    cr_assert_str_eq(list_all(store), "");
}

Test(store_directory, is_not_led_out_by_its_own_temporary_folder)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    SCOPED(store_free) struct store *store = NULL;
    struct sealift_error err;

    scratch_folder_make(&scratch);
    cr_assert_eq(mkdir(scratch_folder_at(&scratch, "store"), 0700), 0);
    cr_assert_eq(mkdir(scratch_folder_at(&scratch, "outside"), 0700), 0);
    write_file(scratch_folder_at(&scratch, "outside/file"), "mine");
    cr_assert_eq(symlink("../outside", scratch_folder_at(&scratch, "store/.tmp")), 0);
    store = open_store(scratch_folder_at(&scratch, "store"));
    cr_assert_eq(store_put_small(store, "a", bytes_of_text("x"), &err), SEALIFT_CORRUPT);
    cr_assert(exists(&scratch, "outside/file"), "nothing was swept");
}

Test(store_directory, passes_over_whatever_is_no_object)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    SCOPED(store_free) struct store *store = NULL;
    SCOPED(buf_done) struct buf got = {0};
    struct sealift_error err;

    scratch_folder_make(&scratch);
    store = open_store(scratch.path);
    put(store, "a/object", "x");
    cr_assert_eq(mkfifo(scratch_folder_at(&scratch, "a/fifo"), 0600), 0);
    write_file(scratch_folder_at(&scratch, "a/read me.txt"), "x");
    write_file(scratch_folder_at(&scratch, "a/.hidden"), "x");
    write_file(scratch_folder_at(&scratch, "a/\xff\xfe"), "x");
    cr_assert_eq(mkdir(scratch_folder_at(&scratch, "lost+found"), 0), 0);
    cr_assert_str_eq(list_all(store), "a/object ");
    cr_assert_eq(store_get(store, "a/fifo", 9, &got, &err), SEALIFT_NOT_FOUND);
}

Test(store_directory, passes_over_a_name_that_is_too_long_with_its_folders)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    SCOPED(store_free) struct store *store = NULL;
    char part[129];
    char name[600];

    scratch_folder_make(&scratch);
    memset(part, 'a', sizeof(part) - 1);
    part[sizeof(part) - 1] = '\0';
    snprintf(name, sizeof(name), "%s", part);
    cr_assert_eq(mkdir(scratch_folder_at(&scratch, name), 0700), 0);
    snprintf(name, sizeof(name), "%s/%s", part, part);
    write_file(scratch_folder_at(&scratch, name), "x");
    store = open_store(scratch.path);
    cr_assert_str_eq(list_all(store), "");
}

/* --- many objects --- */

struct count {
    unsigned next;
    unsigned step;
};

static enum sealift_status
expect_number(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct count *count = context;
    char expected[32];

    (void)err;
    snprintf(expected, sizeof(expected), "data/%08u", count->next);
    cr_assert_str_eq(object->name, expected);
    count->next += count->step;
    return SEALIFT_OK;
}

Test(store_directory, lists_more_objects_than_it_holds_in_memory)
{
    enum { OBJECTS = 40000 };
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    SCOPED(store_free) struct store *store = NULL;
    struct count count = {.next = 0, .step = 1};
    struct sealift_error err;

    cr_assert_gt((size_t)OBJECTS, NAME_BATCH_MAX);
    scratch_folder_make(&scratch);
    cr_assert_eq(mkdir(scratch_folder_at(&scratch, "data"), 0700), 0);
    for (unsigned i = 0; i < OBJECTS; i++) {
        char name[32];
        int fd;

        snprintf(name, sizeof(name), "data/%08u", i);
        fd = open(scratch_folder_at(&scratch, name), O_WRONLY | O_CREAT, 0600);
        cr_assert_geq(fd, 0);
        close(fd);
    }
    store = open_store(scratch.path);
    cr_assert_eq(store_list(store, "data/", NULL, expect_number, &count, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(count.next, OBJECTS);
    count.next = OBJECTS - 5;
    cr_assert_eq(store_list(store, "data/0", "data/00039994", expect_number, &count, &err), SEALIFT_OK);
    cr_assert_eq(count.next, OBJECTS);
}

/* --- failures, and the way out that their messages tell --- */

static void
expect_failure(enum sealift_status status, enum sealift_status expected, const struct sealift_error *err,
               const char *way_out)
{
    become_root_again();
    cr_assert_eq(status, expected, "%s", err->message);
    cr_assert_not_null(strstr(err->message, way_out), "%s", err->message);
}

Test(store_directory, says_who_may_not_write)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    SCOPED(store_free) struct store *store = NULL;
    struct sealift_error err;

    scratch_folder_make(&scratch);
    become_ordinary(&scratch);
    store = open_store(scratch.path);
    put(store, "a/b", "x");
    cr_assert_eq(chmod(scratch_folder_at(&scratch, "a"), 0500), 0);
    expect_failure(store_put_small(store, "a/c", bytes_of_text("x"), &err), SEALIFT_DENIED, &err, "let user id");
    cr_assert_not_null(strstr(err.message, scratch.path), "%s", err.message);
    become_ordinary(&scratch);
    expect_failure(store_delete(store, "a/b", &err), SEALIFT_DENIED, &err, "let user id");
    become_ordinary(&scratch);
    cr_assert_eq(chmod(scratch_folder_at(&scratch, "a"), 0), 0);
    expect_failure(store_list(store, "", NULL, join_name, (char[1024]){""}, &err), SEALIFT_DENIED, &err, "let user id");
    cr_assert_eq(chmod(scratch_folder_at(&scratch, "a"), 0700), 0); /* or it could not be removed */
}

Test(store_directory, says_that_the_disk_is_full_and_keeps_no_half_object)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    SCOPED(store_free) struct store *store = NULL;
    SCOPED(buf_done) struct buf large = {0};
    struct sealift_error err;

    scratch_folder_make(&scratch);
    mount_tiny(&scratch);
    store = open_store(scratch.path);
    cr_assert_eq(buf_reserve(&large, 1 << 20, &err), SEALIFT_OK);
    memset(large.data, 'x', large.len = 1 << 20);
    expect_failure(store_put_small(store, "a/b", buf_bytes(&large), &err), SEALIFT_IO, &err, "free some space");
    cr_assert(!exists(&scratch, "a/b"));
    cr_assert_eq(rmdir(scratch_folder_at(&scratch, ".tmp")), 0, "it is not empty");
    put(store, "a/b", "small enough");
}

Test(store_directory, says_that_the_file_system_is_read_only)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    SCOPED(store_free) struct store *store = NULL;
    struct sealift_error err;

    scratch_folder_make(&scratch);
    mount_tiny(&scratch);
    store = open_store(scratch.path);
    put(store, "a/b", "x");
    cr_assert_eq(mount(NULL, scratch.path, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    expect_failure(store_put_small(store, "a/c", bytes_of_text("x"), &err), SEALIFT_IO, &err, "for writing");
    expect_failure(store_delete(store, "a/b", &err), SEALIFT_IO, &err, "for writing");
    cr_assert_str_eq(list_all(store), "a/b ");
}

Test(store_directory, does_not_take_a_folder_that_vanished_for_an_empty_one)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    SCOPED(store_free) struct store *store = NULL;
    SCOPED(buf_done) struct buf got = {0};
    struct sealift_error err;
    char path[512];

    scratch_folder_make(&scratch);
    snprintf(path, sizeof(path), "%s", scratch_folder_at(&scratch, "store"));
    cr_assert_eq(mkdir(path, 0700), 0);
    store = open_store(path);
    cr_assert_eq(rmdir(path), 0);
    expect_failure(store_put_small(store, "a/b", bytes_of_text("x"), &err), SEALIFT_IO, &err, path);
    expect_failure(store_get(store, "a/b", 9, &got, &err), SEALIFT_IO, &err, "bring it back");
    expect_failure(store_delete(store, "a/b", &err), SEALIFT_IO, &err, "bring it back");
    expect_failure(store_list(store, "a/", NULL, join_name, (char[1024]){""}, &err), SEALIFT_IO, &err, "bring it back");
    expect_failure(store_list(store, "", NULL, join_name, (char[1024]){""}, &err), SEALIFT_IO, &err, "bring it back");
}
