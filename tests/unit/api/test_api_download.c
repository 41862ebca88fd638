#include "fixture_home.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fixture fixture;
static struct sealift *other; /* the other machine */
static char locator[74];

static void
set_up(void)
{
    fixture_init(&fixture, true);
    fixture_add_uploaded(&fixture, "home", "tree", locator);
    other = fixture_open_another(&fixture, "other");
}

static void
tear_down(void)
{
    sealift_close(&other);
    fixture_done(&fixture);
}

TestSuite(api_download, .init = set_up, .fini = tear_down);

static struct sealift_download_spec
good(void)
{
    return (struct sealift_download_spec){
        .name = "home2",
        .path = fixture_path(&fixture, "back"),
        .obs.url = fixture_url(&fixture, "store"),
        .locator = locator,
        .allow_no_kms = true,
    };
}

static struct sealift_download_result
download(const struct sealift_download_spec *spec, enum sealift_status status, const char *word)
{
    struct sealift_download_result result = {0};

    fixture_expect(&fixture, sealift_fs_download(other, spec, &result, &fixture.err), status, word);
    return result;
}

struct shown {
    char text[1024];
    size_t count;
};

static enum sealift_status
show(void *context, const struct sealift_fs *fs, struct sealift_error *err)
{
    struct shown *shown = context;

    (void)err;
    shown->count++;
    snprintf(shown->text, sizeof(shown->text), "%s %s obs=%s origin=%s id=%s", fs->name, fs->path,
             fs->obs != NULL ? fs->obs : "-", fs->origin, fs->id);
    return SEALIFT_OK;
}

static struct shown
list(void)
{
    struct shown shown = {0};

    fixture_expect(&fixture, sealift_fs_list(other, show, &shown, &fixture.err), SEALIFT_OK, "");
    return shown;
}

/* A refused download leaves no row and no key record of a filesystem that never was. */
static void
expect_refused(const struct sealift_download_spec *spec, enum sealift_status status, const char *word)
{
    size_t rows = list().count;
    size_t records = fixture_count_objects(&fixture, "/keys/");

    download(spec, status, word);
    cr_assert_eq(list().count, rows);
    cr_assert_eq(fixture_count_objects(&fixture, "/keys/"), records);
}

Test(api_download, makes_a_new_filesystem_of_a_snapshot)
{
    const struct sealift_download_spec spec = good();
    struct sealift_download_result result = download(&spec, SEALIFT_OK, "");
    char text[16] = "", expected[1024];
    FILE *file = fopen(fixture_path(&fixture, "back/file"), "r");

    cr_assert_eq(result.entries, 2u);
    cr_assert_eq(result.files, 1u);
    cr_assert_eq(result.size, 4u);
    cr_assert_not_null(file);
    cr_assert_not_null(fgets(text, sizeof(text), file));
    fclose(file);
    cr_assert_str_eq(text, "text");
    snprintf(expected, sizeof(expected), "home2 %s obs=- origin=%s id=%s", spec.path, locator, result.id);
    cr_assert_str_eq(list().text, expected);
    cr_assert_neq(strncmp(result.id, locator, 36), 0, "an identity of its own");
    cr_assert_eq(fixture_count_objects(&fixture, "/keys/"), 2u);
    cr_assert_eq(fixture_count_objects(&fixture, result.id), 1u, "its key record, where the snapshot came from");
}

Test(api_download, keeps_the_store_that_is_named)
{
    struct sealift_download_spec spec = good();

    fixture_expect(&fixture,
                   sealift_obs_add(other, "dr", &(struct sealift_obs_spec){.url = spec.obs.url}, false, &fixture.err),
                   SEALIFT_OK, "");
    spec.obs.url = "dr";
    download(&spec, SEALIFT_OK, "");
    cr_assert_not_null(strstr(list().text, "obs=dr"));
}

Test(api_download, knows_what_makes_no_sense)
{
    struct sealift_download_spec spec = good();

    spec.name = NULL;
    expect_refused(&spec, SEALIFT_INVALID, "missing");
    spec = good();
    spec.path = NULL;
    expect_refused(&spec, SEALIFT_INVALID, "missing");
    spec = good();
    spec.locator = NULL;
    expect_refused(&spec, SEALIFT_INVALID, "missing");
    spec.locator = "nonsense";
    expect_refused(&spec, SEALIFT_INVALID, "no locator");
    spec.locator = "01900000-0000-4000-8000-000000000000/01900000-0000-7000-8000-000000000000";
    expect_refused(&spec, SEALIFT_NOT_FOUND, "obs snapshots");
    spec = good();
    spec.obs.url = NULL;
    expect_refused(&spec, SEALIFT_INVALID, "no object store");
    spec.obs.url = fixture_url(&fixture, "tree");
    expect_refused(&spec, SEALIFT_NOT_FOUND, "nothing of sealift");
    cr_assert_neq(access(fixture_path(&fixture, "back"), F_OK), 0, "nothing was made");
}

Test(api_download, needs_an_empty_directory)
{
    struct sealift_download_spec spec = good();

    spec.path = fixture_path(&fixture, "tree");
    expect_refused(&spec, SEALIFT_CONFLICT, "file");
    fixture_write(&fixture, "a file", "");
    spec.path = fixture_path(&fixture, "a file");
    cr_assert_neq(sealift_fs_download(other, &spec, &(struct sealift_download_result){0}, &fixture.err), SEALIFT_OK);
}

Test(api_download, takes_no_name_and_no_path_twice)
{
    struct sealift_download_spec spec = good();

    download(&spec, SEALIFT_OK, "");
    spec.path = fixture_path(&fixture, "third");
    expect_refused(&spec, SEALIFT_CONFLICT, "taken");
    spec.name = "home3";
    spec.path = fixture_path(&fixture, "back");
    cr_assert_eq(unlink(fixture_path(&fixture, "back/file")), 0);
    expect_refused(&spec, SEALIFT_CONFLICT, "home2");
}

Test(api_download, takes_paths_of_utf8_only)
{
    struct sealift_download_spec spec = good();

    spec.path = fixture_path(&fixture, "\xff");
    expect_refused(&spec, SEALIFT_INVALID, "UTF-8");
}

Test(api_download, needs_a_kms_for_the_new_key)
{
    struct sealift_download_spec spec = good();

    spec.allow_no_kms = false;
    expect_refused(&spec, SEALIFT_INVALID, "--allow-no-kms");
}

Test(api_download, takes_the_key_record_back_when_it_fails)
{
    const struct sealift_download_spec spec = good();
    char segment[256];

    snprintf(segment, sizeof(segment), "store/fs/%.36s/data/%s/00000000", locator, locator + 37);
    cr_assert_eq(truncate(fixture_path(&fixture, segment), 90), 0);
    expect_refused(&spec, SEALIFT_CORRUPT, "/data/");
}

Test(api_download, can_leave_the_bucket_as_it_is)
{
    struct sealift_download_spec spec = good();
    size_t before = fixture_count_objects(&fixture, "");

    spec.no_key_backup = true;
    download(&spec, SEALIFT_OK, "");
    cr_assert_eq(fixture_count_objects(&fixture, ""), before);
    cr_assert_not_null(strstr(list().text, "obs=-"), "%s", list().text);
}

static int
give_away(const char *path, const struct stat *about, int type, struct FTW *where)
{
    (void)about;
    (void)type;
    (void)where;
    return lchown(path, 65534, 65534);
}

/* A file of one user, brought back by another one, who may not give it away. */
Test(api_download, says_what_could_not_be_set)
{
    struct sealift_download_spec spec = good();

    if (geteuid() != 0)
        cr_skip_test("only root can make a file that another user cannot restore");
    sealift_close(&other);
    cr_assert_eq(nftw(fixture.scratch.path, give_away, 16, FTW_PHYS), 0);
    cr_assert_eq(seteuid(65534), 0);
    cr_assert_eq(sealift_open(&(struct sealift_options){.home = fixture_path(&fixture, "other")}, &other, &fixture.err),
                 SEALIFT_OK, "%s", fixture.err.message);
    spec.transfer = fixture_listen(&fixture);
    download(&spec, SEALIFT_DENIED, "--allow-degraded");
    cr_assert_not_null(strstr(fixture.notices, "file: "), "%s", fixture.notices);
    cr_assert_eq(list().count, 1u, "it is there all the same");
    spec.name = "home3";
    spec.path = fixture_path(&fixture, "third");
    spec.allow_degraded = true;
    cr_assert_gt(download(&spec, SEALIFT_OK, "").degraded, 0u);
}

/* --- the snapshot that it was made of, as the table keeps it when it is named --- */

static enum sealift_status
show_origin(void *context, const struct sealift_snapshot *snapshot, struct sealift_error *err)
{
    struct shown *shown = context;

    (void)err;
    shown->count++;
    snprintf(shown->text, sizeof(shown->text), "%s/%s %s%s %s", snapshot->filesystem, snapshot->name, snapshot->status,
             snapshot->live ? " live" : "", snapshot->locator);
    return SEALIFT_OK;
}

Test(api_download, knows_the_origin_by_a_name_of_its_own)
{
    struct sealift_download_spec spec = good();
    const struct sealift_upload_spec upload = {.fs = "home2", .snapshot = "origin"};
    const struct sealift_verify_spec verify = {
        .fs = "home2", .snapshot = "origin", .obs = spec.obs, .kind = SEALIFT_VERIFY_OBJECTS};
    struct sealift_upload_result uploaded;
    struct sealift_verify_result verified;
    struct shown shown = {0};
    char expected[256];

    spec.snapshot_name = "origin";
    download(&spec, SEALIFT_OK, "");
    snprintf(expected, sizeof(expected), "home2/origin downloaded %s", locator);
    fixture_expect(&fixture, sealift_snapshot_list(other, NULL, show_origin, &shown, &fixture.err), SEALIFT_OK, "");
    cr_assert_eq(shown.count, 1u);
    cr_assert_str_eq(shown.text, expected);
    fixture_expect(&fixture, sealift_snapshot_verify(other, &verify, &verified, &fixture.err), SEALIFT_OK, "");
    cr_assert_str_eq(verified.locator, locator);
    fixture_expect(&fixture, sealift_snapshot_upload(other, &upload, &uploaded, &fixture.err), SEALIFT_CONFLICT,
                   "sealift fs snapshot add home2");
}

static enum sealift_status
count_entry(void *context, const struct sealift_entry *entry, struct sealift_error *err)
{
    struct shown *shown = context;

    (void)entry;
    (void)err;
    shown->count++;
    return SEALIFT_OK;
}

Test(api_download, looks_into_the_origin_by_its_name)
{
    struct sealift_download_spec spec = good();
    struct sealift_ls_spec ls = {.fs = "home2", .snapshot = "origin"};
    struct sealift_ls_result result;
    struct shown shown = {0};

    spec.snapshot_name = "origin";
    download(&spec, SEALIFT_OK, "");
    fixture_expect(&fixture, sealift_snapshot_ls(other, &ls, count_entry, &shown, &result, &fixture.err),
                   SEALIFT_INVALID, locator); /* it was downloaded from a URL, which the table does not keep */
    fixture_expect(&fixture,
                   sealift_obs_add(other, "dr", &(struct sealift_obs_spec){.url = spec.obs.url}, false, &fixture.err),
                   SEALIFT_OK, "");
    spec.name = ls.fs = "home3";
    spec.path = fixture_path(&fixture, "third");
    spec.obs.url = "dr";
    download(&spec, SEALIFT_OK, "");
    fixture_expect(&fixture, sealift_snapshot_ls(other, &ls, count_entry, &shown, &result, &fixture.err), SEALIFT_OK,
                   "");
    cr_assert_gt(shown.count, 0u);
}

Test(api_download, refuses_a_name_that_is_none_before_anything_is_written)
{
    struct sealift_download_spec spec = good();

    spec.snapshot_name = "a/b";
    expect_refused(&spec, SEALIFT_INVALID, "snapshot");
    spec.snapshot_name = "";
    expect_refused(&spec, SEALIFT_INVALID, "snapshot");
}

Test(api_download, has_no_own_key_without_a_kms)
{
    struct sealift_download_spec spec = good();

    spec.own_key.key_identifier = "k";
    expect_refused(&spec, SEALIFT_INVALID, "filesystem home2, which has a key of its own");
}
