/* What Vault or OpenBao answered: status, JSON, and its error texts joined into a line. kms.md, section 1.1. */
#ifndef VAULT_ANSWER_H
#define VAULT_ANSWER_H

#include "json.h"

struct kms_errand;

struct vault_answer {
    int status;
    struct json *json;      /* the body; NULL when there was none, or when what answered is no Vault */
    char errors[512];       /* the texts under "errors", white space made plain; empty when there are none */
    char location[512];     /* of a redirect */
    char address[256];      /* of who answered: one server of a cluster, perhaps one that another sent us to */
    int64_t retry_after_ns; /* what the server asks us to wait; 0: it does not say */
};

/* `name` says whose answer it is. A 2xx with a body that is not JSON is CORRUPT; other statuses may come from a proxy,
 * with any body. */
enum sealift_status vault_answer_read(int status, struct bytes body, const char *name, struct vault_answer *ret_answer,
                                      struct sealift_error *err);
void vault_answer_done(struct vault_answer *answer); /* wipes: it may hold a token or a key */

bool vault_answer_is_success(const struct vault_answer *answer);
bool vault_answer_says(const struct vault_answer *answer, const char *text); /* whether `errors` holds it */

/* Members of "data" and "auth"; NULL when there is none. */
const struct json *vault_answer_data(const struct vault_answer *answer, const char *key);
const struct json *vault_answer_auth(const struct vault_answer *answer, const char *key);

/* The server's own name for the request, which its audit log has, too. */
void vault_answer_note(const struct vault_answer *answer, struct kms_errand *errand); /* NULL: nobody wants it */

#endif
