/* Where a credential is found: a file, an environment variable, or a systemd credential. The credential itself is read
 * when it is needed, and again at every login: it may have been rotated. */
#ifndef CREDENTIAL_H
#define CREDENTIAL_H

#include "secret.h"

#define CREDENTIAL_TEXT_SIZE 1040

enum credential_kind { CREDENTIAL_NONE, CREDENTIAL_FILE, CREDENTIAL_ENVIRONMENT, CREDENTIAL_SYSTEMD };

struct credential_source {
    enum credential_kind kind;
    char name[1024]; /* path, variable, or name below $CREDENTIALS_DIRECTORY */
};

/* "file:/path", "env:NAME", "credential:NAME"; empty for NONE. */
void credential_format(const struct credential_source *source, char out[CREDENTIAL_TEXT_SIZE]);
enum sealift_status credential_parse(const char *text, struct credential_source *ret_source, struct sealift_error *err);

/* `what` names it in messages: "the secret id". NOT_FOUND says where it was looked for. */
enum sealift_status credential_read(const struct world *world, const struct credential_source *source, const char *what,
                                    struct secret **ret_secret, struct sealift_error *err);

#endif
