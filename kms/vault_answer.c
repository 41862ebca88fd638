#include "vault_answer.h"

#include "error.h"
#include "kms.h"
#include "scoped.h"

#include <string.h>

/* Appends text[] to out[], a run of white space or control characters as one space; cuts what does not fit. */
static void
append_line(char *out, size_t size, const char *text)
{
    size_t at = strlen(out);

    for (; *text != '\0' && at + 1 < size; text++) {
        bool plain = (unsigned char)*text > ' ' && *text != 0x7f;

        if (plain)
            out[at++] = *text;
        else if (at > 0 && out[at - 1] != ' ')
            out[at++] = ' ';
    }
    out[at] = '\0';
}

static void
trim_end(char *text)
{
    for (size_t len = strlen(text); len > 0 && text[len - 1] == ' '; len--)
        text[len - 1] = '\0';
}

static void
join_errors(const struct json *errors, char *out, size_t size)
{
    for (size_t i = 0; i < json_count(errors); i++) {
        const char *text = json_string(json_at(errors, i));

        if (text == NULL)
            continue;
        if (out[0] != '\0')
            append_line(out, size, "; ");
        append_line(out, size, text);
        trim_end(out);
    }
}

enum sealift_status
vault_answer_read(int status, struct bytes body, const char *name, struct vault_answer *ret_answer,
                  struct sealift_error *err)
{
    SCOPED(vault_answer_done) struct vault_answer answer = {.status = status};
    struct sealift_error ignored;

    if (body.len > 0 && vault_answer_is_success(&answer) && json_parse(body, name, &answer.json, err) != SEALIFT_OK)
        return error_hint(err, "is this Vault's address?");
    if (body.len > 0 && !vault_answer_is_success(&answer) &&
        json_parse(body, name, &answer.json, &ignored) != SEALIFT_OK)
        answer.json = NULL;
    join_errors(json_get(answer.json, "errors"), answer.errors, sizeof(answer.errors));
    *ret_answer = answer;
    answer.json = NULL;
    return SEALIFT_OK;
}

void
vault_answer_done(struct vault_answer *answer)
{
    json_free(&answer->json);
    *answer = (struct vault_answer){0};
}

bool
vault_answer_is_success(const struct vault_answer *answer)
{
    return answer->status / 100 == 2;
}

bool
vault_answer_says(const struct vault_answer *answer, const char *text)
{
    return strstr(answer->errors, text) != NULL;
}

const struct json *
vault_answer_data(const struct vault_answer *answer, const char *key)
{
    return json_get(json_get(answer->json, "data"), key);
}

const struct json *
vault_answer_auth(const struct vault_answer *answer, const char *key)
{
    return json_get(json_get(answer->json, "auth"), key);
}

void
vault_answer_note(const struct vault_answer *answer, struct kms_errand *errand)
{
    const char *request_id = json_string(json_get(answer->json, "request_id"));

    if (errand != NULL && request_id != NULL)
        kms_errand_note(errand, request_id);
}
