#include "fixture_home.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fixture fixture;

static void
set_up(void)
{
    fixture_init(&fixture, true);
    cr_assert_eq(mkdir(fixture_path(&fixture, "tree"), 0755), 0);
}

static void
tear_down(void)
{
    fixture_done(&fixture);
}

TestSuite(api_fs, .init = set_up, .fini = tear_down);

static struct sealift_fs_spec
good(void)
{
    return (struct sealift_fs_spec){
        .name = "home", .path = fixture_path(&fixture, "tree"), .obs = "dr", .allow_no_kms = true};
}

static void
add(const struct sealift_fs_spec *spec, enum sealift_status status, const char *word)
{
    fixture_expect(&fixture, sealift_fs_add(fixture.sealift, spec, &fixture.err), status, word);
}

struct shown {
    char text[2048];
    size_t count;
};

static enum sealift_status
show(void *context, const struct sealift_fs *fs, struct sealift_error *err)
{
    struct shown *shown = context;

    (void)err;
    cr_assert_eq(strlen(fs->id), 36u);
    cr_assert_eq(strlen(fs->key_check), 64u);
    shown->count++;
    snprintf(shown->text, sizeof(shown->text), "%s obs=%s kms=%s snapshots=%u", fs->name,
             fs->obs != NULL ? fs->obs : "-", fs->kms_type, (unsigned)fs->snapshots);
    return SEALIFT_OK;
}

static struct shown
list(void)
{
    struct shown shown = {0};

    fixture_expect(&fixture, sealift_fs_list(fixture.sealift, show, &shown, &fixture.err), SEALIFT_OK, "");
    return shown;
}

/* A refused filesystem leaves nothing: neither a row, nor a key record that would look like one. */
static void
expect_nothing_left(void)
{
    cr_assert_eq(list().count, 0u);
    cr_assert_eq(fixture_count_objects(&fixture, "/keys/"), 0u);
}

Test(api_fs, add_refuses_a_tree_that_holds_its_own_store)
{
    struct sealift_fs_spec spec = good();

    spec.path = fixture.scratch.path;
    add(&spec, SEALIFT_INVALID, "inside");
    spec.path = fixture_path(&fixture, "store");
    add(&spec, SEALIFT_INVALID, "inside");
    expect_nothing_left();
    cr_assert_eq(mkdir(fixture_path(&fixture, "sto"), 0755), 0);
    spec.path = fixture_path(&fixture, "sto");
    add(&spec, SEALIFT_OK, "");
}

Test(api_fs, add_puts_the_key_record_and_the_row)
{
    const struct sealift_fs_spec spec = good();

    add(&spec, SEALIFT_OK, "");
    cr_assert_eq(fixture_count_objects(&fixture, "/keys/"), 1u);
    cr_assert_str_eq(list().text, "home obs=dr kms=local snapshots=0");
}

Test(api_fs, add_leaves_a_marker_in_a_store_that_was_never_checked)
{
    struct sealift_fs_spec spec = good();

    cr_assert_eq(mkdir(fixture_path(&fixture, "unchecked"), 0755), 0);
    fixture_expect(&fixture,
                   sealift_obs_add(fixture.sealift, "unchecked",
                                   &(struct sealift_obs_spec){.url = fixture_url(&fixture, "unchecked")}, true,
                                   &fixture.err),
                   SEALIFT_OK, "");
    spec.obs = "unchecked";
    add(&spec, SEALIFT_OK, "");
    cr_assert_eq(access(fixture_path(&fixture, "unchecked/sealift.json"), F_OK), 0);
}

Test(api_fs, add_needs_a_name_a_path_and_a_store)
{
    struct sealift_fs_spec spec = good();

    spec.name = NULL;
    add(&spec, SEALIFT_INVALID, "missing");
    spec.name = "a/b";
    add(&spec, SEALIFT_INVALID, "a/b");
    spec = good();
    spec.path = NULL;
    add(&spec, SEALIFT_INVALID, "missing");
    spec.path = fixture_path(&fixture, "nowhere");
    add(&spec, SEALIFT_NOT_FOUND, "nowhere");
    fixture_write(&fixture, "file", "");
    spec.path = fixture_path(&fixture, "file");
    add(&spec, SEALIFT_INVALID, "not a directory");
    spec = good();
    spec.obs = NULL;
    add(&spec, SEALIFT_INVALID, "--no-key-backup");
    spec.obs = "unknown";
    add(&spec, SEALIFT_NOT_FOUND, "unknown");
    spec.obs = fixture_url(&fixture, "store");
    add(&spec, SEALIFT_INVALID, "obs add");
    spec = good();
    spec.no_key_backup = true;
    add(&spec, SEALIFT_INVALID, "exclude each other");
    expect_nothing_left();
}

Test(api_fs, add_takes_paths_of_utf8_only)
{
    struct sealift_fs_spec spec = good();

    spec.path = fixture_path(&fixture, "\xff");
    cr_assert_eq(mkdir(spec.path, 0755), 0);
    add(&spec, SEALIFT_INVALID, "UTF-8");
    expect_nothing_left();
}

Test(api_fs, add_needs_a_kms)
{
    struct sealift_fs_spec spec = good();

    spec.allow_no_kms = false;
    add(&spec, SEALIFT_INVALID, "--allow-no-kms");
    expect_nothing_left();
}

Test(api_fs, add_takes_no_name_and_no_path_twice)
{
    struct sealift_fs_spec spec = good();

    add(&spec, SEALIFT_OK, "");
    add(&spec, SEALIFT_CONFLICT, "taken");
    spec.name = "other";
    add(&spec, SEALIFT_CONFLICT, "home");
    cr_assert_eq(symlink("tree", fixture_path(&fixture, "link")), 0);
    spec.path = fixture_path(&fixture, "link");
    add(&spec, SEALIFT_CONFLICT, "home");
    cr_assert_eq(fixture_count_objects(&fixture, "/keys/"), 1u);
}

Test(api_fs, add_does_without_a_store_when_it_is_told_to)
{
    struct sealift_fs_spec spec = good();

    spec.obs = NULL;
    spec.no_key_backup = true;
    add(&spec, SEALIFT_OK, "");
    cr_assert_str_eq(list().text, "home obs=- kms=local snapshots=0");
}

/* /proc is no file system that has encryption, on no machine; and nobody can write to it. */
Test(api_fs, add_asks_nobody_for_a_key_when_the_directory_cannot_be_encrypted)
{
    struct sealift_fs_spec spec = good();

    spec.encrypted = true;
    spec.path = "/proc";
    spec.allow_no_kms = false; /* a KMS that was asked would be missed */
    add(&spec, SEALIFT_INVALID, "/proc");
    expect_nothing_left();
}

/* --- snapshots of it --- */

static void
add_snapshot(const char *fs, const char *name, const char *from, enum sealift_status status, const char *word)
{
    const struct sealift_snapshot_spec spec = {.fs = fs, .name = name, .from = from};

    fixture_expect(&fixture, sealift_snapshot_add(fixture.sealift, &spec, &fixture.err), status, word);
}

static enum sealift_status
show_snapshot(void *context, const struct sealift_snapshot *snapshot, struct sealift_error *err)
{
    struct shown *shown = context;
    size_t len = strlen(shown->text);

    (void)err;
    shown->count++;
    snprintf(shown->text + len, sizeof(shown->text) - len, "%s/%s %s %s %s\n", snapshot->filesystem, snapshot->name,
             snapshot->status, snapshot->live ? "live" : "from", snapshot->locator != NULL ? "located" : "-");
    return SEALIFT_OK;
}

Test(api_fs, snapshots_are_added_and_listed)
{
    const struct sealift_fs_spec spec = good();
    struct shown shown = {0};

    add(&spec, SEALIFT_OK, "");
    add_snapshot("home", "monday", NULL, SEALIFT_OK, "");
    add_snapshot("home", "tuesday", spec.path, SEALIFT_OK, "");
    fixture_expect(&fixture, sealift_snapshot_list(fixture.sealift, "home", show_snapshot, &shown, &fixture.err),
                   SEALIFT_OK, "");
    cr_assert_str_eq(shown.text, "home/monday added live -\nhome/tuesday added from -\n");
    cr_assert_str_eq(list().text, "home obs=dr kms=local snapshots=2");
    fixture_expect(&fixture, sealift_snapshot_list(fixture.sealift, "unknown", show_snapshot, &shown, &fixture.err),
                   SEALIFT_NOT_FOUND, "unknown");
}

Test(api_fs, snapshots_that_make_no_sense_are_refused)
{
    const struct sealift_fs_spec spec = good();

    add(&spec, SEALIFT_OK, "");
    add_snapshot(NULL, "monday", NULL, SEALIFT_INVALID, "missing");
    add_snapshot("home", NULL, NULL, SEALIFT_INVALID, "missing");
    add_snapshot("home", "a/b", NULL, SEALIFT_INVALID, "a/b");
    add_snapshot("unknown", "monday", NULL, SEALIFT_NOT_FOUND, "unknown");
    add_snapshot("home", "monday", fixture_path(&fixture, "nowhere"), SEALIFT_NOT_FOUND, "nowhere");
    add_snapshot("home", "monday", NULL, SEALIFT_OK, "");
    add_snapshot("home", "monday", NULL, SEALIFT_CONFLICT, "monday");
}

/* --- what is left out --- */

static enum sealift_status
show_selection(void *context, const struct sealift_fs *fs, struct sealift_error *err)
{
    struct shown *shown = context;
    size_t len = 0;

    (void)err;
    for (const char *const *pattern = fs->exclude; *pattern != NULL; pattern++)
        len += (size_t)snprintf(shown->text + len, sizeof(shown->text) - len, "%s ", *pattern);
    snprintf(shown->text + len, sizeof(shown->text) - len, "caches=%d nodump=%d", fs->exclude_caches,
             fs->exclude_nodump);
    return SEALIFT_OK;
}

static void
expect_selection(const char *text)
{
    struct shown shown = {0};

    fixture_expect(&fixture, sealift_fs_list(fixture.sealift, show_selection, &shown, &fixture.err), SEALIFT_OK, "");
    cr_assert_str_eq(shown.text, text);
}

static void
choose(const char *name, const struct sealift_selection_spec *spec, enum sealift_status status, const char *word)
{
    fixture_expect(&fixture, sealift_fs_select(fixture.sealift, name, spec, &fixture.err), status, word);
}

Test(api_fs, keeps_what_is_left_out_and_replaces_it_whole)
{
    const char *const patterns[] = {"*.o", "!keep.o", NULL};
    struct sealift_fs_spec spec = good();

    spec.selection = (struct sealift_selection_spec){.exclude = patterns, .exclude_caches = true};
    add(&spec, SEALIFT_OK, "");
    expect_selection("*.o !keep.o caches=1 nodump=0");
    choose("home", &(struct sealift_selection_spec){.exclude_nodump = true}, SEALIFT_OK, "");
    expect_selection("caches=0 nodump=1");
    choose("home", &(struct sealift_selection_spec){0}, SEALIFT_OK, "");
    expect_selection("caches=0 nodump=0");
    choose("nobody", &(struct sealift_selection_spec){0}, SEALIFT_NOT_FOUND, "nobody");
}

Test(api_fs, takes_the_patterns_of_files_before_the_others)
{
    const char *const patterns[] = {"c", NULL}, *const files[] = {fixture_path(&fixture, "one"),
                                                                  fixture_path(&fixture, "two"), NULL};

    fixture_write(&fixture, "one", "# first\na\n");
    fixture_write(&fixture, "two", "b\n");
    add(
        &(struct sealift_fs_spec){
            .name = "home", .path = fixture_path(&fixture, "tree"), .obs = "dr", .allow_no_kms = true},
        SEALIFT_OK, "");
    choose("home", &(struct sealift_selection_spec){.exclude = patterns, .exclude_from = files}, SEALIFT_OK, "");
    expect_selection("a b c caches=0 nodump=0");
    fixture_write(&fixture, "two", "b\n[\n");
    choose("home", &(struct sealift_selection_spec){.exclude_from = files}, SEALIFT_INVALID, "two, line 2");
    expect_selection("a b c caches=0 nodump=0");
}

Test(api_fs, add_with_a_flawed_pattern_leaves_nothing)
{
    const char *const patterns[] = {"a//b", NULL};
    struct sealift_fs_spec spec = good();

    spec.selection.exclude = patterns;
    add(&spec, SEALIFT_INVALID, "'a//b'");
    expect_nothing_left();
}

Test(api_fs, has_no_own_key_without_a_kms)
{
    struct sealift_fs_spec spec = good();

    spec.own_key.key_identifier = "k";
    add(&spec, SEALIFT_INVALID, "none is set");
    spec.own_key = (struct sealift_own_key_spec){.name_space = "a"};
    add(&spec, SEALIFT_INVALID, "--kms-key-identifier");
    expect_nothing_left();
}

static enum sealift_status
show_key(void *context, const struct sealift_fs *fs, struct sealift_error *err)
{
    struct shown *shown = context;

    (void)err;
    shown->count++;
    snprintf(shown->text, sizeof(shown->text), "%s %s", fs->kms_key, fs->kms_role != NULL ? fs->kms_role : "-");
    return SEALIFT_OK;
}

static void
expect_key(const char *own_key, const char *expected)
{
    struct shown shown = {0};
    struct table_fs row;
    struct envelope envelope;

    fixture_expect(&fixture, table_fs_get(fixture.sealift->table, "home", &row, &fixture.err), SEALIFT_OK, "");
    fixture_expect(&fixture, table_fs_envelope(fixture.sealift->table, &row.uuid, &envelope, &fixture.err), SEALIFT_OK,
                   "");
    fixture_expect(&fixture,
                   table_fs_rewrapped(fixture.sealift->table,
                                      &(struct table_fs_rewrap){.fs = row.uuid,
                                                                .expected = &row.key_record,
                                                                .key_record = row.key_record,
                                                                .envelope = &envelope,
                                                                .own_key = own_key},
                                      &fixture.err),
                   SEALIFT_OK, "");
    fixture_expect(&fixture, sealift_fs_list(fixture.sealift, show_key, &shown, &fixture.err), SEALIFT_OK, "");
    cr_assert_eq(shown.count, 1u);
    cr_assert_str_eq(shown.text, expected);
}

Test(api_fs, list_tells_whose_key_it_is_and_never_a_whole_role_id)
{
    const struct sealift_fs_spec spec = good();

    add(&spec, SEALIFT_OK, "");
    expect_key("", "cluster -");
    expect_key("{\"key\":\"k\"}", "own -");
    expect_key("{\"key\":\"k\",\"role_id\":\"0123456789\",\"credential\":\"env:V\"}", "own 01234567...");
    expect_key("{\"what a later sealift\":\"wrote\"}", "own -");
}
