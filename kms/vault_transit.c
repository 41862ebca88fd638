#include "vault_transit.h"

#include "envelope.h"
#include "error.h"
#include "scoped.h"
#include "text.h"

#include <string.h>

int64_t
vault_transit_version(const char *wrapped)
{
    static const char form[] = "vault:v";
    const char *at = wrapped + sizeof(form) - 1;
    int64_t version = 0;

    if (strnlen(wrapped, WRAPPED_KEK_MAX + 1) > WRAPPED_KEK_MAX || !envelope_text_is_plain(wrapped) ||
        strncmp(wrapped, form, sizeof(form) - 1) != 0)
        return 0;
    for (; *at >= '0' && *at <= '9' && version < INT32_MAX; at++)
        version = version * 10 + (*at - '0');
    return at[0] == ':' && at[1] != '\0' ? version : 0;
}

enum sealift_status
vault_transit_ciphertext(const struct vault_answer *answer, struct buf *out, struct sealift_error *err)
{
    const char *ciphertext = json_string(vault_answer_data(answer, "ciphertext"));

    if (ciphertext == NULL || vault_transit_version(ciphertext) == 0)
        return error_set(err, SEALIFT_CORRUPT, "the answer holds no ciphertext of the form vault:v1:...");
    return buf_append_text(out, ciphertext, err);
}

enum sealift_status
vault_transit_plaintext(const struct vault_answer *answer, struct secret **ret_kek, struct sealift_error *err)
{
    const char *plaintext = json_string(vault_answer_data(answer, "plaintext"));
    SCOPED(buf_done) struct buf decoded = {.wipe = true};

    if (plaintext == NULL || base64_decode(bytes_of_text(plaintext), &decoded, err) != SEALIFT_OK)
        return error_set(err, SEALIFT_CORRUPT, "the answer holds no plaintext");
    if (decoded.len != KEY_SIZE)
        return error_set(err, SEALIFT_KEY, "what was unwrapped has %zu bytes, and a KEK has %d: it is something else",
                         decoded.len, KEY_SIZE);
    return secret_copy(buf_bytes(&decoded), ret_kek, err);
}

/* --- The calls --- */

static const char *
path_of(enum vault_act act)
{
    switch (act) {
    case VAULT_WRAP:
        return "encrypt";
    case VAULT_UNWRAP:
        return "decrypt";
    default:
        return "rewrap";
    }
}

static enum sealift_status
explain(enum vault_act act, const struct vault_place *place, struct sealift_error *err)
{
    char subject[1600];

    vault_error_subject(act, place, subject, sizeof(subject));
    return error_prefix(err, "Vault %s", subject);
}

static enum sealift_status
call(struct vault_login *login, enum vault_act act, const struct vault_place *place, const struct buf *body,
     struct vault_answer *ret_answer, struct sealift_error *err)
{
    SCOPED(free_done) char *path = NULL;
    struct vault_request request = {.method = "POST", .body = buf_bytes(body), .pace = place->pace};

    TRY(text_format(&path, "%s/%s/%s", err, place->mount, path_of(act), place->name));
    request.path = path;
    TRY(vault_login_call(login, &request, ret_answer, err));
    vault_answer_note(ret_answer, place->errand);
    if (!vault_answer_is_success(ret_answer))
        return vault_error(act, place, ret_answer, err);
    return SEALIFT_OK;
}

static enum sealift_status
write_plaintext(const struct secret *kek, struct buf *body, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    TRY(json_writer_new(&writer, err));
    json_open_object(writer, NULL);
    json_put_base64(writer, "plaintext", secret_bytes(kek));
    json_close_object(writer);
    return json_writer_finish(writer, body, err);
}

static enum sealift_status
write_ciphertext(const char *wrapped, struct buf *body, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    TRY(json_writer_new(&writer, err));
    json_open_object(writer, NULL);
    json_put_string(writer, "ciphertext", wrapped);
    json_close_object(writer);
    return json_writer_finish(writer, body, err);
}

enum sealift_status
vault_transit_wrap(struct vault_login *login, const struct vault_place *place, const struct secret *kek,
                   struct buf *out, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf body = {.wipe = true};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    TRY(write_plaintext(kek, &body, err));
    TRY(call(login, VAULT_WRAP, place, &body, &answer, err));
    if (vault_transit_ciphertext(&answer, out, err) != SEALIFT_OK)
        return explain(VAULT_WRAP, place, err);
    return SEALIFT_OK;
}

enum sealift_status
vault_transit_unwrap(struct vault_login *login, const struct vault_place *place, const char *wrapped,
                     struct secret **ret_kek, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf body = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    TRY(write_ciphertext(wrapped, &body, err));
    TRY(call(login, VAULT_UNWRAP, place, &body, &answer, err));
    if (vault_transit_plaintext(&answer, ret_kek, err) != SEALIFT_OK)
        return explain(VAULT_UNWRAP, place, err);
    return SEALIFT_OK;
}

enum sealift_status
vault_transit_rewrap(struct vault_login *login, const struct vault_place *place, const char *wrapped, struct buf *out,
                     struct sealift_error *err)
{
    SCOPED(buf_done) struct buf body = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    TRY(write_ciphertext(wrapped, &body, err));
    TRY(call(login, VAULT_REWRAP, place, &body, &answer, err));
    if (vault_transit_ciphertext(&answer, out, err) != SEALIFT_OK)
        return explain(VAULT_REWRAP, place, err);
    return SEALIFT_OK;
}
