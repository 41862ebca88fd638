/* The commands of object stores, against a libsealift that is played: what it is asked, and what is made of its
 * answers. */
#include "played_cli.h"

Test(obs_commands, adds_an_obs_and_shows_what_was_found)
{
    cr_assert_eq(RUN("obs", "add", "dr2", "s3://bucket/prefix", "--endpoint", "http://127.0.0.1:8333", "--region=eu",
                     "--lock-mode", "compliance", "--lock-for", "4w", "--home", "/somewhere", "--memory", "64M"),
                 0, "%s", errors.text);
    cr_assert_str_eq(fake.calls, "open obs_add obs_list ");
    cr_assert_str_eq(fake.options.home, "/somewhere");
    cr_assert_eq(fake.options.memory, 64 << 20);
    cr_assert_eq(fake.options.log_level, SEALIFT_LOG_WARNING);
    cr_assert_str_eq(fake.name, "dr2");
    cr_assert_str_eq(fake.obs.url, "s3://bucket/prefix");
    cr_assert_str_eq(fake.obs.endpoint, "http://127.0.0.1:8333");
    cr_assert_str_eq(fake.obs.region, "eu");
    cr_assert_str_eq(fake.obs.lock_mode, "compliance");
    cr_assert_eq(fake.obs.lock_days, 28);
    cr_assert_eq(fake.obs.addressing, NULL);
    cr_assert_not(fake.no_check);
    expect_out("conditional put:    atomic\n");
    cr_assert_str_eq(errors.text, "");
}

Test(obs_commands, shows_nothing_of_what_was_added_when_quiet)
{
    cr_assert_eq(RUN("obs", "add", "dr", "file:///srv/dr", "--no-check", "--quiet"), 0);
    cr_assert(fake.no_check);
    cr_assert_str_eq(out.text, "");
}

Test(obs_commands, changes_only_what_is_named)
{
    cr_assert_eq(RUN("obs", "update", "dr", "--url", "s3://other"), 0);
    cr_assert_str_eq(fake.obs.url, "s3://other");
    cr_assert_eq(fake.obs.endpoint, NULL);
    cr_assert_eq(RUN("obs", "update", "dr"), 0);
    cr_assert_eq(fake.obs.url, NULL);
}

Test(obs_commands, takes_back_what_is_named)
{
    cr_assert_eq(RUN("obs", "update", "dr", "--reset", "endpoint,lock-mode", "--region", "eu-1"), 0);
    cr_assert_str_eq(fake.obs.endpoint, "");
    cr_assert_str_eq(fake.obs.lock_mode, "");
    cr_assert_str_eq(fake.obs.region, "eu-1");
    cr_assert_eq(fake.obs.profile, NULL);
    cr_assert_eq(RUN("obs", "update", "dr", "--reset", "endpoint,url"), 2);
    expect_error("'url' is no option that can be taken back");
    cr_assert_eq(RUN("obs", "update", "dr", "--reset", "region", "--region", "eu-1"), 2);
    expect_error("choose one");
}

Test(obs_commands, says_what_to_do_when_there_is_nothing)
{
    fake.rows = 0;
    cr_assert_eq(RUN("obs"), 0);
    cr_assert_str_eq(out.text, "");
    expect_error("`sealift obs add NAME URL` adds one");
    cr_assert_eq(RUN("obs", "--json"), 0);
    cr_assert_str_eq(out.text, "[]\n");
    cr_assert_str_eq(errors.text, "");
}

Test(obs_commands, lists_a_bucket_by_url_or_by_name)
{
    cr_assert_eq(RUN("obs", "snapshots", "s3://b", "--endpoint", "http://e", "--names"), 0, "%s", errors.text);
    cr_assert_str_eq(fake.obs.url, "s3://b");
    cr_assert_str_eq(fake.obs.endpoint, "http://e");
    cr_assert(fake.names);
    expect_out(FAKE_LOCATOR);
    expect_out("11111111-54f5-4c86-b5f9-9b3d6f3c7d11");
    expect_out("a filesystem without a snapshot");
    expect_out("partial: something could not be read");

    cr_assert_eq(RUN("obs", "snapshots", "dr", "--json"), 0);
    expect_out("\"filesystem_id\":\"11111111-54f5-4c86-b5f9-9b3d6f3c7d11\",\"locator\":null,\"problem\":null}");

    cr_assert_eq(RUN("obs", "snapshots", "dr", "--endpoint", "http://e"), 2);
    expect_error("--endpoint says how a URL is reached, and no URL is given");
}
