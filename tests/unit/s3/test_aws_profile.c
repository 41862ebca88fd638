#include "aws_profile.h"

#include "aws_files.h"
#include "scoped.h"

#include <sys/stat.h>
#include <unistd.h>

TestSuite(aws_profile, .init = forget_aws);

static struct sealift_error err;
static const char *const no_variables[] = {NULL};

static struct aws_profile *
load(const char *name)
{
    struct aws_profile *profile = NULL;

    cr_assert_eq(aws_profile_load(name, &profile, &err), SEALIFT_OK, "%s", err.message);
    return profile;
}

static void
assert_setting(const struct aws_profile *profile, const char *key, const char *expected)
{
    SCOPED(free_done) char *text = NULL;

    cr_assert_eq(aws_profile_setting(profile, no_variables, key, &text, &err), SEALIFT_OK);
    if (expected == NULL)
        cr_assert_null(text, "%s", text);
    else
        cr_assert_str_eq(text, expected);
}

Test(aws_profile, is_empty_where_there_are_no_files)
{
    SCOPED(aws_profile_free) struct aws_profile *profile = load(NULL);

    cr_assert_str_eq(aws_profile_name(profile), "default");
    assert_setting(profile, "region", NULL);
}

Test(aws_profile, joins_the_two_files_the_credentials_first)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch = {0};
    SCOPED(aws_profile_free) struct aws_profile *profile = NULL;

    scratch_folder_make(&scratch);
    use_aws_files(&scratch, "[profile ops]\nregion = eu-west-1\naws_access_key_id = OLD\n",
                  "[ops]\naws_access_key_id = NEW\n[default]\nregion = no\n");
    profile = load("ops");
    assert_setting(profile, "region", "eu-west-1");
    assert_setting(profile, "aws_access_key_id", "NEW");
}

Test(aws_profile, is_found_below_the_home_folder)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch = {0};
    SCOPED(aws_profile_free) struct aws_profile *profile = NULL;

    scratch_folder_make(&scratch);
    cr_assert_eq(mkdir(scratch_folder_at(&scratch, ".aws"), 0700), 0);
    write_file(scratch_folder_at(&scratch, ".aws/config"), "[default]\nregion = at-home\n");
    setenv("HOME", scratch.path, 1);
    profile = load(NULL);
    assert_setting(profile, "region", "at-home");
}

Test(aws_profile, is_named_by_the_environment)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch = {0};
    SCOPED(aws_profile_free) struct aws_profile *profile = NULL, *named = NULL;

    scratch_folder_make(&scratch);
    use_aws_files(&scratch, "[profile a]\nregion = ra\n[profile b]\nregion = rb\n", NULL);
    setenv("AWS_PROFILE", "a", 1);
    profile = load(NULL);
    named = load("b");
    assert_setting(profile, "region", "ra");
    assert_setting(named, "region", "rb");
}

Test(aws_profile, must_exist_when_somebody_named_it)
{
    struct aws_profile *profile = NULL;

    cr_assert_eq(aws_profile_load("nowhere", &profile, &err), SEALIFT_NOT_FOUND);
    ASSERT_SAYS(err, "no AWS profile nowhere: correct the name");
    setenv("AWS_PROFILE", "nowhere", 1);
    cr_assert_eq(aws_profile_load(NULL, &profile, &err), SEALIFT_NOT_FOUND);
    cr_assert_null(profile);
}

Test(aws_profile, gives_way_to_the_environment)
{
    static const char *const variables[] = {"AWS_FIRST", "AWS_SECOND", NULL};
    SCOPED(scratch_folder_done) struct scratch_folder scratch = {0};
    SCOPED(aws_profile_free) struct aws_profile *profile = NULL;
    SCOPED(free_done) char *one = NULL, *two = NULL, *three = NULL;

    scratch_folder_make(&scratch);
    use_aws_files(&scratch, "[default]\nkey = from the file\n", NULL);
    profile = load(NULL);
    setenv("AWS_FIRST", "", 1);
    cr_assert_eq(aws_profile_setting(profile, variables, "key", &one, &err), SEALIFT_OK);
    cr_assert_str_eq(one, "from the file");
    setenv("AWS_SECOND", "second", 1);
    cr_assert_eq(aws_profile_setting(profile, variables, "key", &two, &err), SEALIFT_OK);
    cr_assert_str_eq(two, "second");
    setenv("AWS_FIRST", "first", 1);
    cr_assert_eq(aws_profile_setting(profile, variables, "key", &three, &err), SEALIFT_OK);
    cr_assert_str_eq(three, "first");
}

Test(aws_profile, says_when_a_file_cannot_be_read)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch = {0};
    struct aws_profile *profile = NULL;

    scratch_folder_make(&scratch);
    setenv("AWS_CONFIG_FILE", scratch.path, 1); /* a folder */
    cr_assert_eq(aws_profile_load(NULL, &profile, &err), SEALIFT_IO);
    ASSERT_SAYS(err, scratch.path);
}
