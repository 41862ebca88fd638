#include "vault_lease.h"

#include "error.h"
#include "scoped.h"

/* Beyond 100 years nothing is to be told apart from "never", and nanoseconds still fit an int64. */
#define LONGEST_TTL_S ((int64_t)100 * 366 * 24 * 3600)

static enum sealift_status
bound_ttl(int64_t ttl_s, int64_t *ret_ttl_s, struct sealift_error *err)
{
    if (ttl_s < 0)
        return error_set(err, SEALIFT_CORRUPT, "Vault does not say how long the token lives");
    *ret_ttl_s = ttl_s < LONGEST_TTL_S ? ttl_s : LONGEST_TTL_S;
    return SEALIFT_OK;
}

enum sealift_status
vault_lease_from_auth(const struct vault_answer *answer, struct vault_lease *ret_lease, struct secret **ret_token,
                      struct sealift_error *err)
{
    const char *token = json_string(vault_answer_auth(answer, "client_token"));
    struct vault_lease lease = {
        .renewable = json_bool(vault_answer_auth(answer, "renewable"), false),
        .uses = json_integer(vault_answer_auth(answer, "num_uses"), 0),
    };

    TRY(bound_ttl(json_integer(vault_answer_auth(answer, "lease_duration"), -1), &lease.ttl_s, err));
    if (ret_token != NULL) {
        if (token == NULL || token[0] == '\0')
            return error_set(err, SEALIFT_CORRUPT,
                             "Vault answered the login without a token: does it want a second "
                             "factor? That is not supported");
        TRY(secret_copy(bytes_of_text(token), ret_token, err));
    }
    *ret_lease = lease;
    return SEALIFT_OK;
}

enum sealift_status
vault_lease_from_lookup(const struct vault_answer *answer, struct vault_lease *ret_lease, struct sealift_error *err)
{
    struct vault_lease lease = {
        .renewable = json_bool(vault_answer_data(answer, "renewable"), false),
        .periodic = json_integer(vault_answer_data(answer, "period"), 0) > 0,
        .uses = json_integer(vault_answer_data(answer, "num_uses"), 0),
    };

    TRY(bound_ttl(json_integer(vault_answer_data(answer, "ttl"), -1), &lease.ttl_s, err));
    *ret_lease = lease;
    return SEALIFT_OK;
}
