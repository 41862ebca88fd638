#include "vault_lease.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sealift_error err;

static void
parse(const char *body, struct vault_answer *ret_answer)
{
    cr_assert_eq(vault_answer_read(200, bytes_of_text(body), "test", ret_answer, &err), SEALIFT_OK);
}

Test(vault_lease, is_read_from_a_login_with_its_token)
{
    SCOPED(vault_answer_done) struct vault_answer answer = {0};
    SCOPED(secret_free) struct secret *token = NULL;
    struct vault_lease lease;

    parse("{\"auth\":{\"client_token\":\"hvs.abc\",\"lease_duration\":60,\"renewable\":true,\"num_uses\":5}}", &answer);
    cr_assert_eq(vault_lease_from_auth(&answer, &lease, &token, &err), SEALIFT_OK);
    cr_assert_str_eq(secret_text(token), "hvs.abc");
    cr_assert_eq(lease.ttl_s, 60);
    cr_assert_eq(lease.uses, 5);
    cr_assert(lease.renewable);
}

Test(vault_lease, is_read_from_a_look_up)
{
    SCOPED(vault_answer_done) struct vault_answer answer = {0};
    struct vault_lease lease;

    parse("{\"data\":{\"ttl\":59,\"renewable\":true,\"period\":60,\"num_uses\":0,\"type\":\"service\"}}", &answer);
    cr_assert_eq(vault_lease_from_lookup(&answer, &lease, &err), SEALIFT_OK);
    cr_assert_eq(lease.ttl_s, 59);
    cr_assert(lease.renewable);
    cr_assert(lease.periodic);
    cr_assert_eq(lease.uses, 0);
}

Test(vault_lease, of_a_root_token_never_ends)
{
    SCOPED(vault_answer_done) struct vault_answer answer = {0};
    struct vault_lease lease;

    parse("{\"data\":{\"ttl\":0,\"renewable\":false,\"expire_time\":null}}", &answer);
    cr_assert_eq(vault_lease_from_lookup(&answer, &lease, &err), SEALIFT_OK);
    cr_assert_eq(lease.ttl_s, 0);
}

Test(vault_lease, is_not_believed_without_a_token_or_a_life)
{
    static const char *const bodies[] = {
        "{}",
        "{\"auth\":null}",
        "{\"auth\":{\"client_token\":\"\",\"lease_duration\":60}}",
        "{\"auth\":{\"client_token\":7,\"lease_duration\":60}}",
        "{\"auth\":{\"client_token\":\"hvs.abc\"}}",
        "{\"auth\":{\"client_token\":\"hvs.abc\",\"lease_duration\":-1}}",
    };

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        SCOPED(vault_answer_done) struct vault_answer answer = {0};
        SCOPED(secret_free) struct secret *token = NULL;
        struct vault_lease lease;

        parse(bodies[i], &answer);
        cr_assert_eq(vault_lease_from_auth(&answer, &lease, &token, &err), SEALIFT_CORRUPT, "%s", bodies[i]);
        cr_assert_null(token);
    }
}

/* Nanoseconds of what a hostile server calls a life must not overflow. */
Test(vault_lease, is_cut_to_a_hundred_years)
{
    SCOPED(vault_answer_done) struct vault_answer answer = {0};
    struct vault_lease lease;

    parse("{\"data\":{\"ttl\":9223372036854775807,\"renewable\":true}}", &answer);
    cr_assert_eq(vault_lease_from_lookup(&answer, &lease, &err), SEALIFT_OK);
    cr_assert_lt(lease.ttl_s, INT64_MAX / NS_PER_S / 2);
}
