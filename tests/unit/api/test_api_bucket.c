/* What a bucket holds. */
#include "fixture_home.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fixture fixture;

static void
set_up(void)
{
    fixture_init(&fixture, true);
}

static void
tear_down(void)
{
    fixture_done(&fixture);
}

TestSuite(api_bucket, .init = set_up, .fini = tear_down);

static const char *
or_dash(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : "-";
}

struct held {
    size_t count, problems;
    char last[512];
};

static enum sealift_status
hold(void *context, const struct sealift_bucket_snapshot *snapshot, struct sealift_error *err)
{
    struct held *held = context;

    (void)err;
    held->count++;
    held->problems += snapshot->problem != NULL;
    if (snapshot->problem == NULL)
        snprintf(held->last, sizeof(held->last), "%s %s/%s %s files=%llu sequence=%llu", or_dash(snapshot->locator),
                 or_dash(snapshot->filesystem), or_dash(snapshot->snapshot), or_dash(snapshot->kms_type),
                 (unsigned long long)snapshot->files, (unsigned long long)snapshot->sequence);
    return SEALIFT_OK;
}

static struct held
list(struct sealift *sealift, const char *url, bool names)
{
    struct held held = {0};

    fixture_expect(
        &fixture,
        sealift_obs_snapshots(sealift, &(struct sealift_obs_spec){.url = url}, names, hold, &held, &fixture.err),
        SEALIFT_OK, "");
    return held;
}

Test(api_bucket, is_listed_with_neither_table_nor_key)
{
    SCOPED(sealift_close) struct sealift *stranger = NULL;
    const struct sealift_options options = {.home = fixture_path(&fixture, "stranger")};
    char locator[74], expected[256];
    struct held held;

    fixture_add_uploaded(&fixture, "home", "tree", locator);
    cr_assert_eq(sealift_open(&options, &stranger, &fixture.err), SEALIFT_OK);
    held = list(stranger, fixture_url(&fixture, "store"), false);
    cr_assert_eq(held.count, 1u);
    cr_assert_eq(held.problems, 0u);
    cr_assert_neq(access(fixture_path(&fixture, "stranger"), F_OK), 0, "it made a table all the same");

    held = list(fixture.sealift, "dr", true);
    snprintf(expected, sizeof(expected), "%s home/monday local files=1 sequence=1", locator);
    cr_assert_str_eq(held.last, expected);
}

Test(api_bucket, shows_its_names_only_to_who_has_the_key)
{
    SCOPED(sealift_close) struct sealift *stranger = NULL;
    const struct sealift_options options = {.home = fixture_path(&fixture, "stranger")};
    char locator[74];
    struct held held;

    fixture_add_uploaded(&fixture, "home", "tree", locator);
    held = list(fixture.sealift, "dr", true);
    cr_assert_not_null(strstr(held.last, "home/monday"), "%s", held.last);
    held = list(fixture.sealift, "dr", false);
    cr_assert_not_null(strstr(held.last, "-/-"), "%s", held.last);
    cr_assert_eq(sealift_open(&options, &stranger, &fixture.err), SEALIFT_OK);
    held = list(stranger, fixture_url(&fixture, "store"), true);
    cr_assert_eq(held.count, 1u);
    cr_assert_eq(held.problems, 1u, "told for this snapshot, and the list goes on");
}

Test(api_bucket, names_a_filesystem_that_was_never_uploaded)
{
    SCOPED(sealift_close) struct sealift *stranger = NULL;
    const struct sealift_options options = {.home = fixture_path(&fixture, "stranger")};
    struct held held;

    fixture_add_fs(&fixture, "never uploaded", "other");
    held = list(fixture.sealift, "dr", false);
    cr_assert_str_eq(held.last, "- -/- local files=0 sequence=0");
    held = list(fixture.sealift, "dr", true);
    cr_assert_str_eq(held.last, "- never uploaded/- local files=0 sequence=0");
    cr_assert_eq(sealift_open(&options, &stranger, &fixture.err), SEALIFT_OK);
    held = list(stranger, fixture_url(&fixture, "store"), true);
    cr_assert_eq(held.count, 1u);
    cr_assert_eq(held.problems, 1u);
}

/* --- of several key records --- */

struct key_file {
    char folder[512], text[4096];
    char *key_check, *record, *type; /* in the text */
};

/* Goes on to the only thing that lies there. */
static void
descend(char path[512])
{
    DIR *dir = opendir(fixture_path(&fixture, path));
    size_t len = strlen(path), count = 0;

    cr_assert_not_null(dir, "%s", path);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        cr_assert_eq(++count, 1u, "%s", path);
        snprintf(path + len, 512 - len, "/%.255s", entry->d_name);
    }
    closedir(dir);
}

/* The only record that there is. */
static void
read_key_file(struct key_file *file)
{
    char path[512] = "store/fs";
    FILE *stream;
    size_t len;

    descend(path);
    snprintf(file->folder, sizeof(file->folder), "%.500s/keys", path);
    snprintf(path, sizeof(path), "%s", file->folder);
    descend(path);
    stream = fopen(fixture_path(&fixture, path), "r");
    cr_assert_not_null(stream);
    len = fread(file->text, 1, sizeof(file->text) - 1, stream);
    fclose(stream);
    file->text[len] = '\0';
    file->key_check = strstr(file->text, "\"key_check\":\"") + 13;
    file->record = strstr(file->text, "\"record\":\"") + 10;
    file->type = strstr(file->text, "\"type\":\"local\"") + 8;
}

/* A newer one. */
static void
write_key_file(struct key_file *file)
{
    char name[1024];

    memcpy(file->record, "7fffffff-ffff-7fff-8fff-ffffffffffff", 36);
    snprintf(name, sizeof(name), "%s/%.64s-%.36s.json", file->folder, file->key_check, file->record);
    fixture_write(&fixture, name, file->text);
}

Test(api_bucket, names_a_filesystem_whose_newest_record_is_of_another_kms)
{
    struct key_file file;
    struct held held;

    fixture_add_fs(&fixture, "never uploaded", "other");
    read_key_file(&file);
    memcpy(file.type, "vault", 5);
    write_key_file(&file);
    held = list(fixture.sealift, "dr", true);
    cr_assert_str_eq(held.last, "- never uploaded/- vault files=0 sequence=0");
    cr_assert_eq(held.problems, 0u);
}

Test(api_bucket, passes_over_the_key_of_a_snapshot_alone)
{
    static const char tail[] = "\"snapshot\":\"01900000-0000-7000-8000-000000000000\",\"private\":\"\"}\n";
    struct key_file file;
    struct held held;

    fixture_add_fs(&fixture, "never uploaded", "other");
    read_key_file(&file);
    memcpy(file.type, "vault", 5);
    memcpy(file.key_check, "0000000000000000", 16); /* listed before the other */
    memcpy(strstr(file.text, "\"private\":"), tail, sizeof(tail));
    write_key_file(&file);
    held = list(fixture.sealift, "dr", true);
    cr_assert_str_eq(held.last, "- never uploaded/- local files=0 sequence=0");
    cr_assert_eq(held.count, 1u);
}

Test(api_bucket, says_that_a_filesystem_has_no_key)
{
    struct held held;

    cr_assert_eq(mkdir(fixture_path(&fixture, "store/fs"), 0755), 0);
    cr_assert_eq(mkdir(fixture_path(&fixture, "store/fs/01234567-89ab-4def-8123-456789abcdef"), 0755), 0);
    fixture_write(&fixture, "store/fs/01234567-89ab-4def-8123-456789abcdef/rest", "of something");
    held = list(fixture.sealift, "dr", false);
    cr_assert_eq(held.count, 1u);
    cr_assert_eq(held.problems, 1u);
}

Test(api_bucket, is_listed_in_spite_of_one_bad_manifest)
{
    char locator[74], garbage[512];
    struct held held;

    fixture_add_uploaded(&fixture, "home", "tree", locator);
    snprintf(garbage, sizeof(garbage), "store/fs/%.36s/snapshots/01900000-0000-7000-8000-000000000000.json", locator);
    fixture_write(&fixture, garbage, "no manifest");
    held = list(fixture.sealift, "dr", false);
    cr_assert_eq(held.count, 2u);
    cr_assert_eq(held.problems, 1u);
    cr_assert_not_null(strstr(held.last, locator));
}

static void
expect_no_snapshots(const char *url, enum sealift_status status, const char *word)
{
    struct held held = {0};

    fixture_expect(&fixture,
                   sealift_obs_snapshots(fixture.sealift, &(struct sealift_obs_spec){.url = url}, false, hold, &held,
                                         &fixture.err),
                   status, word);
}

Test(api_bucket, must_be_one_of_ours)
{
    cr_assert_eq(mkdir(fixture_path(&fixture, "empty"), 0755), 0);
    expect_no_snapshots(fixture_url(&fixture, "empty"), SEALIFT_NOT_FOUND, "nothing of sealift");
    expect_no_snapshots(fixture_url(&fixture, "not there"), SEALIFT_NOT_FOUND, "not there");
    expect_no_snapshots("unknown", SEALIFT_NOT_FOUND, "unknown");
    expect_no_snapshots(NULL, SEALIFT_INVALID, "no object store");
}
