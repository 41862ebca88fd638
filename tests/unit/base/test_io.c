#include "io.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sealift_error err;
static char folder[] = "/tmp/sealift-test-io-XXXXXX";

static void
make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
}

static int
remove_entry(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info;
    (void)type;
    (void)place;
    return remove(path);
}

static void
remove_folder(void)
{
    cr_assert_eq(chdir("/"), 0);
    cr_assert_eq(nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

TestSuite(io, .init = make_folder, .fini = remove_folder);

static size_t
count_entries(void)
{
    DIR *here = opendir(".");
    size_t count = 0;

    while (readdir(here) != NULL)
        count++;
    closedir(here);
    return count - 2; /* . and .. */
}

Test(io, reads_at_an_offset_up_to_the_end)
{
    SCOPED(fd_done) int fd = open("file", O_RDWR | O_CREAT, 0600);
    char out[10];
    size_t len;

    cr_assert_eq(io_write(fd, bytes_of_text("0123456789"), "file", &err), SEALIFT_OK);
    cr_assert_eq(io_pread(fd, out, 4, 2, &len, "file", &err), SEALIFT_OK);
    cr_assert_eq(len, 4);
    cr_assert_arr_eq(out, "2345", 4);
    cr_assert_eq(io_pread(fd, out, 10, 7, &len, "file", &err), SEALIFT_OK);
    cr_assert_eq(len, 3, "fewer than asked for: the end");
    cr_assert_eq(io_pread(fd, out, 10, 70, &len, "file", &err), SEALIFT_OK);
    cr_assert_eq(len, 0);
}

Test(io, writes_at_an_offset)
{
    SCOPED(fd_done) int fd = open("file", O_RDWR | O_CREAT, 0600);
    SCOPED(buf_done) struct buf text = {0};

    cr_assert_eq(io_pwrite(fd, bytes_of_text("world"), 6, "file", &err), SEALIFT_OK);
    cr_assert_eq(io_pwrite(fd, bytes_of_text("hello "), 0, "file", &err), SEALIFT_OK);
    cr_assert_eq(io_read_file("file", 100, &text, &err), SEALIFT_OK);
    cr_assert(bytes_equal(buf_bytes(&text), bytes_of_text("hello world")));
}

static void *
read_slowly(void *pipe_end)
{
    int fd = *(int *)pipe_end;
    static char got[1 << 20];
    size_t total = 0;
    ssize_t n;

    while ((n = read(fd, got, 5000)) > 0)
        total += (size_t)n;
    return (void *)(uintptr_t)total;
}

Test(io, goes_on_after_short_writes, .timeout = 20)
{
    int pipe_ends[2];
    static uint8_t data[1 << 20];
    pthread_t reader;
    void *total;

    cr_assert_eq(pipe(pipe_ends), 0);
    pthread_create(&reader, NULL, read_slowly, &pipe_ends[0]);
    cr_assert_eq(io_write(pipe_ends[1], BYTES_OF(data), "pipe", &err), SEALIFT_OK);
    close(pipe_ends[1]);
    pthread_join(reader, &total);
    cr_assert_eq((uintptr_t)total, sizeof(data));
    close(pipe_ends[0]);
}

Test(io, names_the_object_when_it_fails)
{
    SCOPED(fd_done) int fd = open("file", O_RDONLY | O_CREAT, 0600);
    SCOPED(fd_done) int write_only = open("file", O_WRONLY);
    char out[1];
    size_t len;

    cr_assert_eq(io_pwrite(fd, bytes_of_text("x"), 7, "that file", &err), SEALIFT_IO);
    cr_assert_not_null(strstr(err.message, "that file: cannot write at offset 7"), "%s", err.message);
    cr_assert_eq(io_pread(write_only, out, 1, 7, &len, "that file", &err), SEALIFT_IO);
    cr_assert_not_null(strstr(err.message, "that file: cannot read at offset 7"), "%s", err.message);
}

Test(io, says_that_the_disk_is_full)
{
    SCOPED(fd_done) int full = open("/dev/full", O_WRONLY);

    cr_assert_eq(io_write(full, bytes_of_text("x"), "full", &err), SEALIFT_IO);
    cr_assert_not_null(strstr(err.message, "No space left"), "%s", err.message);
    cr_assert_eq(errno, ENOSPC);
}

Test(io, reads_a_file_behind_what_the_buffer_holds)
{
    SCOPED(buf_done) struct buf text = {0};

    cr_assert_eq(io_replace_file("file", 0600, bytes_of_text("body"), &err), SEALIFT_OK);
    cr_assert_eq(buf_append_text(&text, "head ", &err), SEALIFT_OK);
    cr_assert_eq(io_read_file("file", 4, &text, &err), SEALIFT_OK);
    cr_assert(bytes_equal(buf_bytes(&text), bytes_of_text("head body")));
}

Test(io, refuses_a_file_that_is_too_large)
{
    SCOPED(buf_done) struct buf text = {0};

    cr_assert_eq(io_replace_file("file", 0600, bytes_of_text("12345"), &err), SEALIFT_OK);
    cr_assert_eq(io_read_file("file", 4, &text, &err), SEALIFT_INVALID);
    cr_assert_str_eq(err.message, "file: has more than 4 bytes");
    cr_assert_eq(io_read_file("/dev/zero", 10000, &text, &err), SEALIFT_INVALID);
}

Test(io, says_that_a_file_is_not_there)
{
    SCOPED(buf_done) struct buf text = {0};

    cr_assert_eq(io_read_file("nothing", 100, &text, &err), SEALIFT_NOT_FOUND);
    cr_assert_not_null(strstr(err.message, "nothing: "), "%s", err.message);
}

Test(io, replaces_a_file_and_leaves_nothing_else_behind)
{
    SCOPED(buf_done) struct buf text = {0};
    struct stat info;

    umask(0077);
    cr_assert_eq(io_replace_file("file", 0644, bytes_of_text("old"), &err), SEALIFT_OK);
    cr_assert_eq(io_replace_file("file", 0640, bytes_of_text("new"), &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(io_read_file("file", 100, &text, &err), SEALIFT_OK);
    cr_assert(bytes_equal(buf_bytes(&text), bytes_of_text("new")));
    cr_assert_eq(stat("file", &info), 0);
    cr_assert_eq(info.st_mode & 07777, 0640);
    cr_assert_eq(count_entries(), 1);
}

Test(io, keeps_the_old_file_when_the_new_one_cannot_take_its_place)
{
    cr_assert_eq(mkdir("taken", 0700), 0);
    cr_assert_eq(io_replace_file("taken", 0600, bytes_of_text("x"), &err), SEALIFT_IO);
    cr_assert_not_null(strstr(err.message, "taken: cannot put in place"), "%s", err.message);
    cr_assert_eq(count_entries(), 1, "the temporary file is gone");
    cr_assert_eq(io_replace_file("no/where", 0600, bytes_of_text("x"), &err), SEALIFT_NOT_FOUND);
}

Test(io, makes_folders_with_the_way_to_them)
{
    struct stat info;
    char absolute[128];

    snprintf(absolute, sizeof(absolute), "%s/x/y/", folder);
    cr_assert_eq(io_make_folders("a/b/c", 0700, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(io_make_folders("a/b/c", 0700, &err), SEALIFT_OK, "again");
    cr_assert_eq(io_make_folders(absolute, 0700, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(stat("a/b/c", &info), 0);
    cr_assert_eq(info.st_mode & 07777, 0700);
    cr_assert_eq(stat("x/y", &info), 0);
}

Test(io, takes_no_file_for_a_folder)
{
    cr_assert_eq(io_replace_file("file", 0600, bytes_of_text("x"), &err), SEALIFT_OK);
    cr_assert_eq(io_make_folders("file", 0700, &err), SEALIFT_CONFLICT);
    cr_assert_eq(io_make_folders("file/below", 0700, &err), SEALIFT_CONFLICT);
    cr_assert_not_null(strstr(err.message, "file: "), "%s", err.message);
}
