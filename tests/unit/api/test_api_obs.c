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
    fixture_init(&fixture, false);
}

static void
tear_down(void)
{
    fixture_done(&fixture);
}

TestSuite(api_obs, .init = set_up, .fini = tear_down);

static void
add(const char *name, const struct sealift_obs_spec *spec, bool no_check, enum sealift_status status, const char *word)
{
    fixture_expect(&fixture, sealift_obs_add(fixture.sealift, name, spec, no_check, &fixture.err), status, word);
}

static void
update(const struct sealift_obs_spec *spec, bool no_check, enum sealift_status status, const char *word)
{
    fixture_expect(&fixture, sealift_obs_update(fixture.sealift, "dr", spec, no_check, &fixture.err), status, word);
}

/* One store as text. */
struct shown {
    char text[1024];
    size_t count;
};

static const char *
or_dash(const char *text)
{
    return text != NULL ? text : "-";
}

static enum sealift_status
show(void *context, const struct sealift_obs *obs, struct sealift_error *err)
{
    struct shown *shown = context;

    (void)err;
    shown->count++;
    snprintf(shown->text, sizeof(shown->text), "%s %s endpoint=%s region=%s ca=%s class=%s conditional=%s deletes=%s",
             obs->name, obs->spec.url, or_dash(obs->spec.endpoint), or_dash(obs->spec.region),
             or_dash(obs->spec.ca_cert), or_dash(obs->spec.storage_class), obs->conditional_put, obs->deletes);
    return SEALIFT_OK;
}

static struct shown
list(void)
{
    struct shown shown = {0};

    fixture_expect(&fixture, sealift_obs_list(fixture.sealift, show, &shown, &fixture.err), SEALIFT_OK, "");
    return shown;
}

static void
expect_shown(const char *words)
{
    struct shown shown = list();

    cr_assert_eq(shown.count, 1u);
    cr_assert_not_null(strstr(shown.text, words), "\"%s\" is not in \"%s\"", words, shown.text);
}

Test(api_obs, add_proves_a_store_and_leaves_its_marker)
{
    add("dr", &(struct sealift_obs_spec){.url = fixture_url(&fixture, "store")}, false, SEALIFT_OK, "");
    cr_assert_eq(access(fixture_path(&fixture, "store/sealift.json"), F_OK), 0);
    expect_shown("conditional=atomic deletes=yes");
}

Test(api_obs, add_only_stores_the_row_when_it_is_told_to)
{
    add("dr", &(struct sealift_obs_spec){.url = fixture_url(&fixture, "store")}, true, SEALIFT_OK, "");
    cr_assert_neq(access(fixture_path(&fixture, "store"), F_OK), 0);
    expect_shown("conditional=unknown deletes=unknown");
}

Test(api_obs, add_refuses_what_makes_no_sense)
{
    const struct sealift_obs_spec good = {.url = fixture_url(&fixture, "store")};

    add(NULL, &good, true, SEALIFT_INVALID, "missing");
    add("a/b", &good, true, SEALIFT_INVALID, "a/b");
    add("dr", &(struct sealift_obs_spec){0}, true, SEALIFT_INVALID, "URL");
    add("dr", &(struct sealift_obs_spec){.url = "ftp://host"}, true, SEALIFT_INVALID, "ftp://host");
    add("dr", &(struct sealift_obs_spec){.url = good.url, .region = "eu"}, true, SEALIFT_INVALID, "region");
    cr_assert_eq(list().count, 0u);
}

Test(api_obs, add_takes_no_name_twice)
{
    const struct sealift_obs_spec spec = {.url = fixture_url(&fixture, "store")};

    add("dr", &spec, false, SEALIFT_OK, "");
    add("dr", &spec, false, SEALIFT_CONFLICT, "obs update");
}

Test(api_obs, add_takes_nothing_that_it_cannot_prove)
{
    fixture_write(&fixture, "file", "a file is no directory");
    add("dr", &(struct sealift_obs_spec){.url = fixture_url(&fixture, "file")}, false, SEALIFT_CONFLICT, "file");
    cr_assert_eq(list().count, 0u);
}

Test(api_obs, add_refuses_a_bucket_of_a_later_format)
{
    cr_assert_eq(mkdir(fixture_path(&fixture, "store"), 0755), 0);
    fixture_write(&fixture, "store/sealift.json", "{\"sealift\":\"bucket\",\"version\":7}\n");
    add("dr", &(struct sealift_obs_spec){.url = fixture_url(&fixture, "store")}, false, SEALIFT_INVALID, "later");
}

Test(api_obs, update_changes_what_is_named_and_keeps_the_rest)
{
    add("dr", &(struct sealift_obs_spec){.url = "s3://bucket/a", .endpoint = "http://127.0.0.1:1", .region = "eu"},
        true, SEALIFT_OK, "");
    update(&(struct sealift_obs_spec){.storage_class = "STANDARD_IA"}, true, SEALIFT_OK, "");
    expect_shown("s3://bucket/a endpoint=http://127.0.0.1:1 region=eu ca=- class=STANDARD_IA");
    update(&(struct sealift_obs_spec){.region = "", .url = "s3://bucket/b"}, true, SEALIFT_OK, "");
    expect_shown("s3://bucket/b endpoint=http://127.0.0.1:1 region=- ca=- class=STANDARD_IA");
    update(&(struct sealift_obs_spec){.lock_days = 3}, true, SEALIFT_INVALID, "Object Lock");
    expect_shown("class=STANDARD_IA");
}

Test(api_obs, keeps_paths_that_mean_the_same_elsewhere)
{
    char expected[320];

    cr_assert_eq(chdir(fixture.scratch.path), 0);
    snprintf(expected, sizeof(expected), "ca=%s/ca.pem ", fixture.scratch.path);
    add("dr", &(struct sealift_obs_spec){.url = "s3://bucket/a", .ca_cert = "ca.pem"}, true, SEALIFT_OK, "");
    expect_shown(expected);
    update(&(struct sealift_obs_spec){.ca_cert = ""}, true, SEALIFT_OK, "");
    expect_shown("ca=- ");
    update(&(struct sealift_obs_spec){.ca_cert = "ca.pem"}, true, SEALIFT_OK, "");
    expect_shown(expected);
}

Test(api_obs, update_forgets_what_was_found_out_about_another_store)
{
    add("dr", &(struct sealift_obs_spec){.url = fixture_url(&fixture, "store")}, false, SEALIFT_OK, "");
    update(&(struct sealift_obs_spec){0}, true, SEALIFT_OK, "");
    expect_shown("conditional=atomic");
    update(&(struct sealift_obs_spec){.url = fixture_url(&fixture, "other")}, true, SEALIFT_OK, "");
    expect_shown("conditional=unknown");
}

Test(api_obs, update_and_remove_know_what_is_not_there)
{
    update(&(struct sealift_obs_spec){0}, true, SEALIFT_NOT_FOUND, "dr");
    fixture_expect(&fixture, sealift_obs_remove(fixture.sealift, "dr", &fixture.err), SEALIFT_NOT_FOUND, "dr");
    fixture_expect(&fixture, sealift_obs_remove(fixture.sealift, NULL, &fixture.err), SEALIFT_INVALID, "missing");
}

Test(api_obs, remove_leaves_alone_what_is_used)
{
    add("dr", &(struct sealift_obs_spec){.url = fixture_url(&fixture, "store")}, false, SEALIFT_OK, "");
    fixture_add_fs(&fixture, "home", "tree");
    fixture_expect(&fixture, sealift_obs_remove(fixture.sealift, "dr", &fixture.err), SEALIFT_CONFLICT, "home");
    add("spare", &(struct sealift_obs_spec){.url = fixture_url(&fixture, "spare")}, false, SEALIFT_OK, "");
    fixture_expect(&fixture, sealift_obs_remove(fixture.sealift, "spare", &fixture.err), SEALIFT_OK, "");
    cr_assert_eq(access(fixture_path(&fixture, "spare/sealift.json"), F_OK), 0, "its objects stay");
}
