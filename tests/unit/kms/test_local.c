#include "local.h"

#include "local_key.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sealift_error err;
static struct kms_errand errand;
static struct cancel cancel;
static char logged[4096];

static void
remember(struct logger *logger, enum log_level level, const char *line)
{
    (void)logger;
    (void)level;
    strncat(logged, line, sizeof(logged) - strlen(logged) - 1);
}

static struct logger logger = {LOG_DEBUG, remember};
static struct world world = {&clock_system, &entropy_system, &cancel, &logger};

static char home[64];
static char key_path[128];

static void
make_home(void)
{
    strcpy(home, "/tmp/sealift-local-XXXXXX");
    cr_assert_not_null(mkdtemp(home));
    snprintf(key_path, sizeof(key_path), "%s/local-kms.key", home);
}

static void
remove_home(void)
{
    unlink(key_path);
    cr_assert_eq(rmdir(home), 0, "something was left in %s", home);
}

TestSuite(local, .init = make_home, .fini = remove_home);

static struct kms *
open_local(void)
{
    struct kms_config config = {.type = KMS_LOCAL};
    struct kms *kms = NULL;

    cr_assert_eq(kms_open(&world, &config, home, &kms, &err), SEALIFT_OK);
    return kms;
}

static struct secret *
some_kek(void)
{
    struct secret *kek = NULL;

    cr_assert_eq(secret_random(&world, KEY_SIZE, &kek, &err), SEALIFT_OK);
    return kek;
}

static void
write_key_file(const uint8_t *bytes, size_t len, mode_t mode)
{
    int fd = open(key_path, O_WRONLY | O_CREAT | O_TRUNC, mode);

    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, bytes, len), (ssize_t)len);
    cr_assert_eq(fchmod(fd, mode), 0);
    close(fd);
}

Test(local, opens_what_it_wrapped_also_in_another_process)
{
    SCOPED(kms_free) struct kms *one = open_local();
    SCOPED(kms_free) struct kms *other = open_local();
    SCOPED(secret_free) struct secret *kek = some_kek();
    SCOPED(secret_free) struct secret *again = NULL;
    SCOPED(buf_done) struct buf wrapped = {0};
    struct kms_hint hint;
    const char *text;

    cr_assert_eq(kms_wrap(one, &errand, kek, &hint, &wrapped, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(buf_text(&wrapped, &text, &err), SEALIFT_OK);
    cr_assert_str_eq(hint.type, "local");
    cr_assert_eq(kms_unwrap(other, &errand, &hint, text, &again, &err), SEALIFT_OK, "%s", err.message);
    cr_assert(secret_equal(kek, again));
}

Test(local, makes_a_key_file_for_its_owner_only)
{
    SCOPED(kms_free) struct kms *kms = open_local();
    SCOPED(secret_free) struct secret *kek = some_kek();
    SCOPED(buf_done) struct buf wrapped = {0};
    struct kms_hint hint;
    struct stat st;

    cr_assert_eq(kms_wrap(kms, &errand, kek, &hint, &wrapped, &err), SEALIFT_OK);
    cr_assert_eq(stat(key_path, &st), 0);
    cr_assert_eq(st.st_mode & 0777, 0600);
    cr_assert_eq(st.st_size, KEY_SIZE);
}

Test(local, says_that_it_is_insecure)
{
    SCOPED(kms_free) struct kms *kms = open_local();
    SCOPED(secret_free) struct secret *kek = some_kek();
    SCOPED(buf_done) struct buf wrapped = {0};
    struct kms_hint hint;

    logged[0] = '\0';
    cr_assert_eq(kms_wrap(kms, &errand, kek, &hint, &wrapped, &err), SEALIFT_OK);
    cr_assert_not_null(strstr(logged, "insecure"));
}

/* Key 00 01 ... 1f; computed with another implementation (Python's cryptography). */
Test(local, opens_the_documented_form)
{
    static const char wrapped[] =
        "local:v1:paWlpaWlpaWlpaWlT2EJ97KM9+9d76iWybLABihAKLKUrTQ3TKJxfoU+QnqhgdJmlNrEPSl4TCcK6B1l";
    struct kms_hint hint = {.type = "local", .key_identifier = "fb715bfe96a82bd67af344b04854ac0c"};
    SCOPED(kms_free) struct kms *kms = open_local();
    SCOPED(secret_free) struct secret *kek = NULL;
    uint8_t key[KEY_SIZE];

    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (uint8_t)i;
    write_key_file(key, sizeof(key), 0600);
    cr_assert_eq(kms_unwrap(kms, &errand, &hint, wrapped, &kek, &err), SEALIFT_OK, "%s", err.message);
    for (size_t i = 0; i < kek->len; i++)
        cr_assert_eq(kek->bytes[i], 32 + i);

    SCOPED(buf_done) struct buf fresh = {0};
    cr_assert_eq(kms_wrap(kms, &errand, kek, &hint, &fresh, &err), SEALIFT_OK);
    cr_assert_str_eq(hint.key_identifier, "fb715bfe96a82bd67af344b04854ac0c");
}

/* A new key could never open it, and would only hide that the old one is gone. */
Test(local, makes_no_key_to_unwrap_with)
{
    struct kms_hint hint = {.type = "local", .key_identifier = "fb715bfe96a82bd67af344b04854ac0c"};
    SCOPED(kms_free) struct kms *kms = open_local();
    SCOPED(secret_free) struct secret *kek = NULL;

    cr_assert_eq(kms_unwrap(kms, &errand, &hint, "local:v1:AAAA", &kek, &err), SEALIFT_NOT_FOUND);
    cr_assert_not_null(strstr(err.message, hint.key_identifier));
    cr_assert_neq(access(key_path, F_OK), 0);
}

Test(local, names_the_key_that_is_needed)
{
    SCOPED(kms_free) struct kms *kms = open_local();
    SCOPED(secret_free) struct secret *kek = some_kek();
    SCOPED(secret_free) struct secret *again = NULL;
    SCOPED(buf_done) struct buf wrapped = {0};
    struct kms_hint hint;
    const char *text;

    cr_assert_eq(kms_wrap(kms, &errand, kek, &hint, &wrapped, &err), SEALIFT_OK);
    cr_assert_eq(buf_text(&wrapped, &text, &err), SEALIFT_OK);
    unlink(key_path);
    {
        SCOPED(kms_free) struct kms *elsewhere = open_local();
        SCOPED(buf_done) struct buf other = {0};
        struct kms_hint other_hint;

        cr_assert_eq(kms_wrap(elsewhere, &errand, kek, &other_hint, &other, &err), SEALIFT_OK);
        cr_assert_eq(kms_unwrap(elsewhere, &errand, &hint, text, &again, &err), SEALIFT_KEY);
        cr_assert_not_null(strstr(err.message, hint.key_identifier));
        cr_assert_not_null(strstr(err.message, other_hint.key_identifier));
    }
}

Test(local, refuses_what_was_altered)
{
    static const char *const damaged[] = {
        "", "local:v1:", "local:v2:AAAA", "vault:v1:AAAA", "local:v1:AAAA", "local:v1:!!!!"};
    SCOPED(kms_free) struct kms *kms = open_local();
    SCOPED(secret_free) struct secret *kek = some_kek();
    SCOPED(secret_free) struct secret *again = NULL;
    SCOPED(buf_done) struct buf wrapped = {0};
    struct kms_hint hint;
    const char *text;

    cr_assert_eq(kms_wrap(kms, &errand, kek, &hint, &wrapped, &err), SEALIFT_OK);
    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++)
        cr_assert_eq(kms_unwrap(kms, &errand, &hint, damaged[i], &again, &err), SEALIFT_KEY, "%s", damaged[i]);

    wrapped.data[20] = wrapped.data[20] == 'A' ? 'B' : 'A';
    cr_assert_eq(buf_text(&wrapped, &text, &err), SEALIFT_OK);
    cr_assert_eq(kms_unwrap(kms, &errand, &hint, text, &again, &err), SEALIFT_KEY);
    cr_assert_not_null(strstr(err.message, "damaged"));
}

Test(local, refuses_a_key_file_of_another_length)
{
    SCOPED(kms_free) struct kms *kms = open_local();
    SCOPED(secret_free) struct secret *kek = some_kek();
    SCOPED(buf_done) struct buf wrapped = {0};
    struct kms_hint hint;

    write_key_file((const uint8_t *)"short", 5, 0600);
    cr_assert_eq(kms_wrap(kms, &errand, kek, &hint, &wrapped, &err), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, key_path));
}

Test(local, warns_when_others_may_read_the_key)
{
    SCOPED(secret_free) struct secret *key = NULL;

    write_key_file((const uint8_t *)"0123456789abcdef0123456789abcdef", KEY_SIZE, 0644);
    logged[0] = '\0';
    cr_assert_eq(local_key_read(&world, key_path, &key, &err), SEALIFT_OK);
    cr_assert_not_null(strstr(logged, "chmod 600"));
}

Test(local, keeps_the_key_that_is_there)
{
    SCOPED(secret_free) struct secret *key = NULL;
    SCOPED(secret_free) struct secret *again = NULL;

    cr_assert_eq(local_key_make(&world, key_path, &err), SEALIFT_OK);
    cr_assert_eq(local_key_read(&world, key_path, &key, &err), SEALIFT_OK);
    cr_assert_eq(local_key_make(&world, key_path, &err), SEALIFT_OK);
    cr_assert_eq(local_key_read(&world, key_path, &again, &err), SEALIFT_OK);
    cr_assert(secret_equal(key, again));
}

static void *
wrap_once(void *hint)
{
    SCOPED(kms_free) struct kms *kms = open_local();
    SCOPED(secret_free) struct secret *kek = some_kek();
    SCOPED(buf_done) struct buf wrapped = {0};
    struct sealift_error mine;

    return kms_wrap(kms, &errand, kek, hint, &wrapped, &mine) == SEALIFT_OK ? hint : NULL;
}

Test(local, lets_first_uses_at_once_end_up_with_one_key)
{
    pthread_t threads[8];
    struct kms_hint hints[8];

    for (size_t i = 0; i < 8; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, wrap_once, &hints[i]), 0);
    for (size_t i = 0; i < 8; i++) {
        void *done;

        pthread_join(threads[i], &done);
        cr_assert_not_null(done);
        cr_assert_str_eq(hints[i].key_identifier, hints[0].key_identifier);
    }
}

static void
count_finding(void *context, const struct kms_finding *finding)
{
    int *warnings = context;

    cr_assert(finding->ok, "%s: %s", finding->call, finding->message);
    *warnings += finding->warning;
}

Test(local, checks_by_a_round)
{
    SCOPED(kms_free) struct kms *kms = open_local();
    int warnings = 0;

    cr_assert_eq(kms_check(kms, count_finding, &warnings, &err), SEALIFT_OK);
    cr_assert_eq(warnings, 1);
}

/* --- a file of its own --- */

Test(local, wraps_with_a_key_file_at_any_path)
{
    SCOPED(kms_free) struct kms *away = NULL;
    SCOPED(kms_free) struct kms *at_home = open_local();
    SCOPED(secret_free) struct secret *kek = some_kek();
    SCOPED(secret_free) struct secret *again = NULL;
    SCOPED(buf_done) struct buf wrapped = {0};
    struct kms_hint hint;
    struct stat st;
    char path[160];
    const char *text;

    snprintf(path, sizeof(path), "%s/break-glass.key", home);
    cr_assert_eq(local_open_file(&world, path, &away, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(stat(path, &st), 0);
    cr_assert_eq(st.st_mode & 07777, 0600u);
    cr_assert_eq(kms_wrap(away, &errand, kek, &hint, &wrapped, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(hint.key_identifier, away->place.key_identifier);
    cr_assert_eq(buf_text(&wrapped, &text, &err), SEALIFT_OK);
    cr_assert_eq(kms_unwrap(at_home, &errand, &hint, text, &again, &err), SEALIFT_NOT_FOUND, "it is another key");
    kms_free(&away);
    cr_assert_eq(local_open_file(&world, path, &away, &err), SEALIFT_OK);
    cr_assert_eq(kms_unwrap(away, &errand, &hint, text, &again, &err), SEALIFT_OK, "%s", err.message);
    cr_assert(secret_equal(kek, again));

    cr_assert_eq(rename(path, key_path), 0);
    secret_free(&again);
    cr_assert_eq(kms_unwrap(at_home, &errand, &hint, text, &again, &err), SEALIFT_OK, "brought home: %s", err.message);
}

Test(local, has_a_name_once_there_is_a_key)
{
    SCOPED(kms_free) struct kms *before = open_local();
    SCOPED(kms_free) struct kms *after = NULL;
    SCOPED(secret_free) struct secret *kek = some_kek();
    SCOPED(buf_done) struct buf wrapped = {0};
    struct kms_hint hint;

    cr_assert_str_empty(before->place.key_identifier);
    cr_assert_eq(kms_wrap(before, &errand, kek, &hint, &wrapped, &err), SEALIFT_OK);
    logged[0] = '\0';
    after = open_local();
    cr_assert(kms_is_place_of(&after->place, &hint));
    cr_assert_str_empty(logged, "nothing is used yet: %s", logged);
}

/* --- the end of the key --- */

Test(local, is_overwritten_before_it_is_removed)
{
    uint8_t key[KEY_SIZE] = "all of it is to be gone", left[KEY_SIZE];
    SCOPED(fd_done) int held = -1;

    write_key_file(key, sizeof(key), 0600);
    held = open(key_path, O_RDONLY);
    cr_assert_eq(local_key_destroy(&world, key_path, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_neq(access(key_path, F_OK), 0);
    cr_assert_eq(pread(held, left, sizeof(left), 0), (ssize_t)sizeof(left));
    cr_assert_arr_neq(left, key, sizeof(key));
    cr_assert_eq(local_key_destroy(&world, key_path, &err), SEALIFT_NOT_FOUND);
}

Test(local, is_left_alone_when_it_is_something_else_or_has_other_names)
{
    uint8_t key[KEY_SIZE] = "kept", again[KEY_SIZE];
    char backup[140];
    SCOPED(fd_done) int held = -1;

    write_key_file(key, sizeof(key) - 1, 0600);
    cr_assert_eq(local_key_destroy(&world, key_path, &err), SEALIFT_CORRUPT);
    write_key_file(key, sizeof(key), 0600);
    snprintf(backup, sizeof(backup), "%s/backup", home);
    cr_assert_eq(link(key_path, backup), 0);
    cr_assert_eq(local_key_destroy(&world, key_path, &err), SEALIFT_CONFLICT);
    cr_assert_not_null(strstr(err.message, "other names"), "%s", err.message);
    held = open(key_path, O_RDONLY);
    cr_assert_eq(read(held, again, sizeof(again)), (ssize_t)sizeof(again));
    cr_assert_arr_eq(again, key, sizeof(key));

    unlink(key_path);
    cr_assert_eq(symlink(backup, key_path), 0);
    cr_assert_neq(local_key_destroy(&world, key_path, &err), SEALIFT_OK, "what a link points to is not ours");
    cr_assert_eq(access(backup, F_OK), 0);
    unlink(backup);
}
