/* A new FS key, and who can open a filesystem. What moves keys from one KMS to another is for tests with real ones. */
#include "scoped.h"
#include "uploaded_home.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(api_keys, .init = set_up, .fini = tear_down);

/* What a listing told, a line each: "record old - local yes", of the key in force "record NOW ...". */
struct told {
    char text[4096];
    char record[37]; /* of the last */
    size_t rows;
    size_t limit; /* 0: none */
};

static enum sealift_status
hear(void *context, const struct sealift_key *key, struct sealift_error *err)
{
    struct told *told = context;
    size_t len = strlen(told->text);

    cr_assert_eq(strlen(key->key_check), 64u);
    cr_assert_eq(strlen(key->filesystem_id), 36u);
    cr_assert_eq(key->record != NULL, strcmp(key->where, "record") == 0);
    snprintf(told->text + len, sizeof(told->text) - len, "%s %s %s %s\n", key->where, key->in_force ? "NOW" : "old",
             key->kms_type, key->opens != NULL ? key->opens : "-");
    if (key->record != NULL)
        snprintf(told->record, sizeof(told->record), "%s", key->record);
    if (++told->rows == told->limit) {
        *err = (struct sealift_error){SEALIFT_CANCELLED, "enough"};
        return err->status;
    }
    return SEALIFT_OK;
}

static struct told
list(const struct sealift_key_spec *spec)
{
    struct told told = {0};

    fixture_expect(&fixture, sealift_key_list(fixture.sealift, spec, hear, &told, &fixture.err), SEALIFT_OK, "");
    return told;
}

static const struct sealift_key_spec home = {.fs = "home"}, home_checked = {.fs = "home", .check = true};

static struct told
add_key_file(enum sealift_status status, const char *word, const char *path)
{
    const struct sealift_second_kms_spec kms = {.local_key_file = path};
    struct told told = {0};

    fixture_expect(&fixture, sealift_key_add(fixture.sealift, &home, &kms, hear, &told, &fixture.err), status, word);
    return told;
}

static struct sealift_rekey_result
rekey(enum sealift_status status, const char *word)
{
    struct sealift_rekey_result result = {0};

    fixture_expect(&fixture, sealift_fs_rekey(fixture.sealift, "home", &result, &fixture.err), status, word);
    return result;
}

/* --- rekey --- */

Test(api_keys, rekey_gives_another_key_and_keeps_the_old_one_for_what_is_uploaded)
{
    struct sealift_rekey_result first = rekey(SEALIFT_OK, ""), second = rekey(SEALIFT_OK, "");
    const struct sealift_verify_spec spec = {.fs = "home", .snapshot = "monday", .kind = SEALIFT_VERIFY_DATA};
    struct sealift_verify_result result;

    cr_assert_eq(first.generation, 2u);
    cr_assert_eq(second.generation, 3u);
    cr_assert_eq(second.readable_snapshots, 1u);
    cr_assert_str_neq(first.key_check, second.key_check);
    cr_assert_eq(fixture_count_objects(&fixture, "/keys/"), 3u);
    fixture_expect(&fixture, sealift_snapshot_verify(fixture.sealift, &spec, &result, &fixture.err), SEALIFT_OK, "");
}

Test(api_keys, rekey_puts_the_record_before_the_table_changes)
{
    struct told before = list(&home), after;
    char hidden[256];

    snprintf(hidden, sizeof(hidden), "%s", fixture_path(&fixture, "hidden"));
    cr_assert_eq(rename(fixture_path(&fixture, "store/fs"), hidden), 0);
    fixture_write(&fixture, "store/fs", "no folder, so nothing can be put there");
    rekey(SEALIFT_CONFLICT, "keeps its key");
    cr_assert_eq(unlink(fixture_path(&fixture, "store/fs")), 0);
    cr_assert_eq(rename(hidden, fixture_path(&fixture, "store/fs")), 0);
    after = list(&home);
    cr_assert_str_eq(after.text, before.text);
}

Test(api_keys, rekey_wants_a_filesystem)
{
    struct sealift_rekey_result result;

    fixture_expect(&fixture, sealift_fs_rekey(fixture.sealift, "nobody", &result, &fixture.err), SEALIFT_NOT_FOUND,
                   "nobody");
    fixture_expect(&fixture, sealift_fs_rekey(fixture.sealift, NULL, &result, &fixture.err), SEALIFT_INVALID, "name");
}

/* --- the list --- */

Test(api_keys, are_listed_with_the_tables_first)
{
    cr_assert_str_eq(list(&home).text, "table NOW local -\nrecord NOW local -\n");
    cr_assert_str_eq(list(&home_checked).text, "table NOW local yes\nrecord NOW local yes\n");
}

Test(api_keys, listing_ends_when_it_was_enough)
{
    struct told told = {.limit = 1};

    fixture_expect(&fixture, sealift_key_list(fixture.sealift, &home, hear, &told, &fixture.err), SEALIFT_CANCELLED,
                   "enough");
    cr_assert_eq(told.rows, 1u);
}

Test(api_keys, of_a_locator_are_those_of_the_snapshots_key)
{
    char fs[37];
    struct sealift_key_spec spec = {.locator = locator, .obs = {.url = "dr"}};

    rekey(SEALIFT_OK, "");
    cr_assert_str_eq(list(&spec).text, "record old local -\nmanifest old local -\n");
    snprintf(fs, sizeof(fs), "%.36s", locator);
    spec.locator = fs;
    cr_assert_eq(list(&spec).rows, 2u, "every record of the filesystem");
    spec.locator = "monday";
    fixture_expect(&fixture, sealift_key_list(fixture.sealift, &spec, hear, NULL, &fixture.err), SEALIFT_INVALID,
                   "no locator");
    spec.fs = "home";
    fixture_expect(&fixture, sealift_key_list(fixture.sealift, &spec, hear, NULL, &fixture.err), SEALIFT_INVALID,
                   "name a filesystem");
}

/* --- a second KMS --- */

Test(api_keys, a_key_file_is_one_record_more_and_only_once)
{
    const char *path = fixture_path(&fixture, "glass.key");
    struct told told = add_key_file(SEALIFT_OK, "", path);
    struct stat st;

    cr_assert_str_eq(told.text, "record NOW local yes\n");
    cr_assert_str_eq(add_key_file(SEALIFT_OK, "", path).record, told.record);
    cr_assert_eq(fixture_count_objects(&fixture, "/keys/"), 2u);
    cr_assert_eq(stat(path, &st), 0);
    cr_assert_eq(st.st_mode & 07777, 0600u);
    cr_assert_str_eq(list(&home_checked).text, "table NOW local yes\nrecord NOW local yes\nrecord NOW local unknown\n");
}

Test(api_keys, the_homes_own_key_file_is_no_second_kms)
{
    const char *linked = fixture_path(&fixture, "linked.key");

    add_key_file(SEALIFT_CONFLICT, "this home's own local key", fixture_path(&fixture, "home/local-kms.key"));
    cr_assert_eq(link(fixture_path(&fixture, "home/local-kms.key"), linked), 0);
    add_key_file(SEALIFT_CONFLICT, "uses itself", linked);
    cr_assert_eq(fixture_count_objects(&fixture, "/keys/"), 1u);
}

Test(api_keys, a_second_kms_is_one)
{
    const struct sealift_vault_spec vault = {0};
    const struct sealift_second_kms_spec none = {0}, two = {.vault = &vault, .local_key_file = "x"};

    fixture_expect(&fixture, sealift_key_add(fixture.sealift, &home, &none, NULL, NULL, &fixture.err), SEALIFT_INVALID,
                   "name one KMS");
    fixture_expect(&fixture, sealift_key_add(fixture.sealift, &home, &two, NULL, NULL, &fixture.err), SEALIFT_INVALID,
                   "name one KMS");
}

static void
remove_key(const char *record, enum sealift_status status, const char *word)
{
    fixture_expect(&fixture, sealift_key_remove(fixture.sealift, &home, record, &fixture.err), status, word);
}

Test(api_keys, the_last_record_that_opens_stays)
{
    struct told own = list(&home), second;

    remove_key(own.record, SEALIFT_CONFLICT, "may be the last");
    second = add_key_file(SEALIFT_OK, "", fixture_path(&fixture, "glass.key"));
    remove_key(own.record, SEALIFT_CONFLICT, "may be the last");
    remove_key(second.record, SEALIFT_OK, "");
    remove_key(second.record, SEALIFT_NOT_FOUND, "no key record");
    remove_key("second", SEALIFT_INVALID, "no key record's UUID");
    cr_assert_eq(fixture_count_objects(&fixture, "/keys/"), 1u);
}

/* --- rewrap, as far as it needs no real KMS --- */

static void
refuse_rewrap(const struct sealift_rewrap_spec *spec, const char *word)
{
    fixture_expect(&fixture, sealift_kms_rewrap(fixture.sealift, spec, NULL, NULL, &fixture.err), SEALIFT_INVALID,
                   word);
}

Test(api_keys, rewrap_refuses_what_makes_no_sense)
{
    refuse_rewrap(&(struct sealift_rewrap_spec){0}, "no KMS is set");
    refuse_rewrap(&(struct sealift_rewrap_spec){.all = true, .obs = {.url = "dr"}}, "exclude each other");
    refuse_rewrap(&(struct sealift_rewrap_spec){.fs = "home", .convert = true}, "exclude each other");
    refuse_rewrap(&(struct sealift_rewrap_spec){.fs_id = "x"}, "--obs");
    refuse_rewrap(&(struct sealift_rewrap_spec){.obs = {.url = "dr"}, .new_key_uid = "7"}, "cluster key");
    refuse_rewrap(&(struct sealift_rewrap_spec){.new_key_uid = ""}, "identifier is missing");
}

/* What `fs add` has for a trial, no command that moves a key has. */
Test(api_keys, who_moves_a_key_without_a_kms_hears_of_no_option_that_is_not_there)
{
    const enum sealift_status status = sealift_fs_move_key(fixture.sealift, "home", NULL, NULL, NULL, &fixture.err);

    fixture_expect(&fixture, status, SEALIFT_INVALID, "no KMS is set: set one with \"sealift kms set");
    cr_assert_null(strstr(fixture.err.message, "--allow-no-kms"), "%s", fixture.err.message);
}
