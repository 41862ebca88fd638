#include "secret.h"

#include "scoped.h"
#include "scripted_world.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sealift_error err;
static struct scripted_world scripted;

static void
set_world(void)
{
    scripted_world_init(&scripted, "2026-11-24T14:45:57Z");
}

TestSuite(secret, .init = set_world);

static struct secret *
secret_of(const char *text)
{
    struct secret *secret = NULL;

    cr_assert_eq(secret_copy(bytes_of_text(text), &secret, &err), SEALIFT_OK, "%s", err.message);
    return secret;
}

Test(secret, keeps_the_process_from_being_dumped)
{
    struct rlimit core;

    cr_assert_eq(secret_init(&err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(secret_init(&err), SEALIFT_OK, "again");
    cr_assert_eq(prctl(PR_GET_DUMPABLE), 0);
    cr_assert_eq(getrlimit(RLIMIT_CORE, &core), 0);
    cr_assert_eq(core.rlim_max, 0);
}

Test(secret, lives_in_the_secure_heap_even_when_nobody_set_it_up)
{
    SCOPED(secret_free) struct secret *secret = secret_of("hvs.token");

    cr_assert(CRYPTO_secure_allocated(secret));
    cr_assert_str_eq(secret_text(secret), "hvs.token");
    cr_assert(bytes_equal(secret_bytes(secret), bytes_of_text("hvs.token")));
}

Test(secret, is_given_back_to_the_heap)
{
    struct secret *secret = secret_of("x");
    size_t used = CRYPTO_secure_used();

    for (int i = 0; i < 100000; i++) {
        secret_free(&secret);
        cr_assert_null(secret);
        secret = secret_of("x");
    }
    cr_assert_eq(CRYPTO_secure_used(), used);
    secret_free(&secret);
}

Test(secret, begins_with_zeros_where_another_one_lay)
{
    struct secret *before = secret_of("0123456789abcdef0123456789abcdef"), *after = NULL;
    uint8_t zeros[33] = {0};

    secret_free(&before);
    cr_assert_eq(secret_new(32, &after, &err), SEALIFT_OK);
    cr_assert_arr_eq(after->bytes, zeros, sizeof(zeros));
    secret_free(&after);
}

Test(secret, says_so_when_the_protected_memory_is_used_up)
{
    static struct secret *secrets[32];
    size_t count = 0;

    while (secret_new(SECRET_MAX, &secrets[count], &err) == SEALIFT_OK)
        cr_assert_lt(++count, 32, "the heap has an end");
    cr_assert_eq(err.status, SEALIFT_NO_MEMORY);
    cr_assert_not_null(strstr(err.message, "protected memory"), "%s", err.message);
    cr_assert_gt(count, 4);
    while (count > 0)
        secret_free(&secrets[--count]);
}

Test(secret, has_a_longest_length)
{
    struct secret *secret = NULL;

    cr_assert_eq(secret_new(SECRET_MAX + 1, &secret, &err), SEALIFT_INVALID);
    cr_assert_null(secret);
}

Test(secret, is_drawn_from_the_world)
{
    SCOPED(secret_free) struct secret *a = NULL, *b = NULL, *again = NULL;

    cr_assert_eq(secret_random(&scripted.world, KEY_SIZE, &a, &err), SEALIFT_OK);
    cr_assert_eq(secret_random(&scripted.world, KEY_SIZE, &b, &err), SEALIFT_OK);
    scripted.drawn = 0;
    cr_assert_eq(secret_random(&scripted.world, KEY_SIZE, &again, &err), SEALIFT_OK);
    cr_assert_eq(a->len, KEY_SIZE);
    cr_assert_not(secret_equal(a, b));
    cr_assert(secret_equal(a, again));
}

Test(secret, compares_by_length_and_contents)
{
    SCOPED(secret_free)
    struct secret *a = secret_of("abc"), *same = secret_of("abc"), *other = secret_of("abd"),
                  *longer = secret_of("abcd");

    cr_assert(secret_equal(a, same));
    cr_assert_not(secret_equal(a, other));
    cr_assert_not(secret_equal(a, longer));
}

/* A file with these contents and this mode; its name. */
static const char *
file_of(const void *contents, size_t len, mode_t mode)
{
    static char path[64];
    int fd;

    snprintf(path, sizeof(path), "/tmp/sealift-test-secret-%d", (int)getpid());
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    cr_assert_eq(write(fd, contents, len), (ssize_t)len);
    cr_assert_eq(fchmod(fd, mode), 0);
    close(fd);
    return path;
}

static void
assert_read(const char *contents, const char *expected)
{
    SCOPED(secret_free) struct secret *secret = NULL;
    const char *path = file_of(contents, strlen(contents), 0600);

    cr_assert_eq(secret_from_file(&scripted.world, path, &secret, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(secret_text(secret), expected);
    unlink(path);
}

Test(secret, is_read_from_a_file_without_its_last_newline)
{
    assert_read("s.token", "s.token");
    assert_read("s.token\n", "s.token");
    assert_read("two\nlines\n\n", "two\nlines\n");
    cr_assert_str_eq(scripted.log, "", "a private file needs no warning");
}

static void
assert_not_read(const void *contents, size_t len, const char *because)
{
    struct secret *secret = NULL;
    const char *path = file_of(contents, len, 0600);

    cr_assert_eq(secret_from_file(&scripted.world, path, &secret, &err), SEALIFT_INVALID);
    cr_assert_null(secret);
    cr_assert_not_null(strstr(err.message, path), "%s", err.message);
    cr_assert_not_null(strstr(err.message, because), "%s", err.message);
    unlink(path);
}

Test(secret, is_not_read_from_a_file_that_holds_none)
{
    static uint8_t large[SECRET_MAX + 1];

    memset(large, 'x', sizeof(large));
    assert_not_read("", 0, "empty");
    assert_not_read("\n", 1, "empty");
    assert_not_read("a\0b", 3, "NUL");
    assert_not_read(large, sizeof(large), "too long");
    cr_assert_eq(secret_from_file(&scripted.world, "/nowhere/token", &(struct secret *){NULL}, &err),
                 SEALIFT_NOT_FOUND);
    cr_assert_not_null(strstr(err.message, "/nowhere/token"), "%s", err.message);
}

Test(secret, warns_when_everybody_can_read_the_file)
{
    SCOPED(secret_free) struct secret *secret = NULL;
    const char *path = file_of("token", 5, 0644);

    cr_assert_eq(secret_from_file(&scripted.world, path, &secret, &err), SEALIFT_OK);
    cr_assert_not_null(strstr(scripted.log, path), "%s", scripted.log);
    cr_assert_null(strstr(scripted.log, "token\n"), "the secret itself is never said");
    unlink(path);
}
