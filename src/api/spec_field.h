/* What a caller of the public API wrote, into the fields of a configuration, which have fixed sizes. `what` names a
 * field in messages: "the key's name". NULL is the empty text. */
#ifndef SPEC_FIELD_H
#define SPEC_FIELD_H

#include "credential.h"

enum sealift_status spec_put(char *out, size_t size, const char *what, const char *text, struct sealift_error *err);

/* Absolute from here on: a later process, started elsewhere, reads it again. */
enum sealift_status spec_put_path(char *out, size_t size, const char *what, const char *path,
                                  struct sealift_error *err);

/* A file or "credential:NAME", else the environment variable; neither: NONE. */
enum sealift_status spec_put_credential(struct credential_source *out, const char *what, const char *file,
                                        const char *variable, struct sealift_error *err);

#endif
