/* An answer of Vault, as hostile as it may be: the first two bytes choose the status, the rest is the body. */
#include "envelope.h"
#include "scoped.h"
#include "vault_error.h"
#include "vault_key.h"
#include "vault_lease.h"
#include "vault_transit.h"

#include <stdlib.h>
#include <string.h>

static void
insist(bool truth)
{
    if (!truth)
        abort();
}

static void
read_lease(const struct vault_answer *answer)
{
    SCOPED(secret_free) struct secret *token = NULL;
    struct vault_lease lease;
    struct sealift_error err;

    if (vault_lease_from_auth(answer, &lease, &token, &err) == SEALIFT_OK)
        insist(token->len > 0 && lease.ttl_s >= 0 && lease.ttl_s < INT64_MAX / NS_PER_S);
    if (vault_lease_from_lookup(answer, &lease, &err) == SEALIFT_OK)
        insist(lease.ttl_s >= 0 && lease.ttl_s < INT64_MAX / NS_PER_S);
}

static void
read_key(const struct vault_answer *answer)
{
    static const struct vault_place place = {"https://v:8200", "", "transit", "k", NULL, {0}};
    struct vault_key key;
    struct sealift_error err;

    if (vault_key_from_answer(answer, &key, &err) != SEALIFT_OK)
        return;
    insist(strlen(key.type) < sizeof(key.type));
    if (vault_key_check(&key, &place, &err) == SEALIFT_OK)
        insist(key.encrypts && key.decrypts && !key.derived);
    for (size_t i = 0; vault_key_warning(&key, i) != NULL; i++)
        insist(i < 10);
}

static void
read_transit(const struct vault_answer *answer)
{
    SCOPED(buf_done) struct buf ciphertext = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    struct sealift_error err;
    const char *text;

    if (vault_transit_ciphertext(answer, &ciphertext, &err) == SEALIFT_OK) {
        insist(buf_text(&ciphertext, &text, &err) == SEALIFT_OK);
        insist(vault_transit_version(text) > 0 && envelope_text_is_plain(text) && strlen(text) <= WRAPPED_KEK_MAX);
    }
    if (vault_transit_plaintext(answer, &kek, &err) == SEALIFT_OK)
        insist(kek->len == KEY_SIZE);
}

static void
explain(const struct vault_answer *answer)
{
    static const struct vault_place place = {"https://v:8200", "team/a", "transit", "k", NULL, {0}};
    struct sealift_error err;

    for (enum vault_act act = VAULT_LOGIN_APPROLE; act <= VAULT_REWRAP; act++) {
        enum sealift_status status = vault_error(act, &place, answer, &err);

        insist(status != SEALIFT_OK && status == err.status && err.message[0] != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(vault_answer_done) struct vault_answer answer = {0};
    struct sealift_error err;

    if (size < 2 || vault_answer_read(200 + (data[0] << 8 | data[1]) % 400, (struct bytes){data + 2, size - 2}, "fuzz",
                                      &answer, &err) != SEALIFT_OK)
        return 0;
    if (!vault_answer_is_success(&answer))
        explain(&answer);
    read_lease(&answer);
    read_key(&answer);
    read_transit(&answer);
    return 0;
}
