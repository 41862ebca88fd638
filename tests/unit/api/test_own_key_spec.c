#include "own_key_spec.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

static struct sealift_error err;

static struct own_key
read_good(const struct sealift_own_key_spec *spec)
{
    struct own_key own;

    cr_assert_eq(own_key_spec_read(spec, &own, &err), SEALIFT_OK, "%s", err.message);
    return own;
}

static void
expect_refused(struct sealift_own_key_spec spec, const char *because)
{
    struct own_key own;

    cr_assert_eq(own_key_spec_read(&spec, &own, &err), SEALIFT_INVALID, "expected a refusal: %s", because);
    cr_assert_not_null(strstr(err.message, because), "\"%s\" does not say \"%s\"", err.message, because);
}

Test(own_key_spec, of_nothing_is_no_own_key)
{
    cr_assert_str_eq(read_good(NULL).key, "");
    cr_assert_str_eq(read_good(&(struct sealift_own_key_spec){0}).key, "");
}

Test(own_key_spec, is_taken_over_whole)
{
    const struct own_key own = read_good(&(struct sealift_own_key_spec){
        .key_identifier = "k",
        .name_space = "n",
        .transit_path = "t",
        .auth_path = "a",
        .role_id = "r",
        .secret_id_env = "SECRET",
        .client_cert = "/c.pem",
        .client_key = "/k.pem",
    });

    cr_assert_str_eq(own.key, "k");
    cr_assert_str_eq(own.name_space, "n");
    cr_assert_str_eq(own.transit_path, "t");
    cr_assert_str_eq(own.auth_path, "a");
    cr_assert_str_eq(own.role_id, "r");
    cr_assert_eq(own.credential.kind, CREDENTIAL_ENVIRONMENT);
    cr_assert_str_eq(own.credential.name, "SECRET");
    cr_assert_str_eq(own.client_cert, "/c.pem");
    cr_assert_eq(own.client_key.kind, CREDENTIAL_FILE);
}

Test(own_key_spec, knows_files_by_absolute_paths_and_systemds_credentials)
{
    struct sealift_own_key_spec spec = {.key_identifier = "k", .role_id = "r", .secret_id_file = "secret"};

    cr_assert_eq(chdir("/usr"), 0);
    cr_assert_str_eq(read_good(&spec).credential.name, "/usr/secret");
    spec.secret_id_file = "credential:tenant";
    cr_assert_eq(read_good(&spec).credential.kind, CREDENTIAL_SYSTEMD);
    cr_assert_str_eq(read_good(&spec).credential.name, "tenant");
}

Test(own_key_spec, needs_a_key)
{
    expect_refused((struct sealift_own_key_spec){.name_space = "n"}, "--kms-key-identifier");
    expect_refused((struct sealift_own_key_spec){.client_key = "/k.pem"}, "--kms-key-identifier");
    expect_refused((struct sealift_own_key_spec){.key_identifier = ""}, "is missing");
}

Test(own_key_spec, takes_one_secret_id)
{
    expect_refused((struct sealift_own_key_spec){.key_identifier = "k", .secret_id_file = "/f", .secret_id_env = "E"},
                   "choose one");
}

/* Somebody who puts the secret itself where a variable's name belongs does not find it in the table. */
Test(own_key_spec, keeps_only_what_can_be_read_again)
{
    expect_refused((struct sealift_own_key_spec){.key_identifier = "k", .role_id = "r", .secret_id_env = "5f2d-11"},
                   "no name of an environment variable");
    cr_assert_null(strstr(err.message, "5f2d-11"), "nor in a log: %s", err.message);
}
