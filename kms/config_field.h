/* Single fields of a KMS configuration: the rules that the types share, and their JSON. `type` is how messages begin:
 * "Vault", "KMIP". */
#ifndef CONFIG_FIELD_H
#define CONFIG_FIELD_H

#include "credential.h"
#include "json.h"

enum sealift_status config_need(const char *type, const char *value, const char *what, struct sealift_error *err);
/* `why` goes on after "is of no use". */
enum sealift_status config_refuse(const char *type, const char *value, const char *what, const char *why,
                                  struct sealift_error *err);
enum sealift_status config_check_plain(const char *type, const char *value, const char *what,
                                       struct sealift_error *err);
enum sealift_status config_check_file(const char *type, const char *path, const char *what, struct sealift_error *err);

/* What is empty is left out, and read back as empty. */
void config_put(struct json_writer *writer, const char *key, const char *text);
void config_put_credential(struct json_writer *writer, const char *key, const struct credential_source *source);
enum sealift_status config_read(const struct json *json, const char *key, char *out, size_t size,
                                struct sealift_error *err);
enum sealift_status config_read_credential(const struct json *json, const char *key,
                                           struct credential_source *ret_source, struct sealift_error *err);
/* False when it is absent. */
enum sealift_status config_read_flag(const struct json *json, const char *key, bool *ret_flag,
                                     struct sealift_error *err);
/* One of `names`; INVALID when it is another, which a later sealift may know. */
enum sealift_status config_read_name(const struct json *json, const char *key, const char *const *names, size_t count,
                                     size_t *ret_index, struct sealift_error *err);

#endif
