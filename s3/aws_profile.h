/* A profile of the shared AWS files: what `aws configure` wrote. */
#ifndef AWS_PROFILE_H
#define AWS_PROFILE_H

#include "buf.h"

struct aws_profile;

/* `name` NULL: $AWS_PROFILE, else "default". The files are $AWS_CONFIG_FILE (else ~/.aws/config) and
 * $AWS_SHARED_CREDENTIALS_FILE (else
 * ~/.aws/credentials); one that does not exist is empty. NOT_FOUND when a profile that somebody named is in neither. */
enum sealift_status aws_profile_load(const char *name, struct aws_profile **ret_profile, struct sealift_error *err);
void aws_profile_free(struct aws_profile **profile); /* wipes */

const char *aws_profile_name(const struct aws_profile *profile);

/* A view into the profile's memory; the credentials file comes before the config file. */
bool aws_profile_find(const struct aws_profile *profile, const char *key, struct bytes *ret_value);

/* A setting that is no secret, as a C string to be freed: the first of the environment's `variables` (a list that NULL
 * ends) that is set, else the profile's `key`; NULL when nobody says. */
enum sealift_status aws_profile_setting(const struct aws_profile *profile, const char *const *variables,
                                        const char *key, char **ret_text, struct sealift_error *err);

/* $AWS_REGION, $AWS_DEFAULT_REGION, the profile's region; NULL when nobody says. */
enum sealift_status aws_profile_region(const struct aws_profile *profile, char **ret_region, struct sealift_error *err);

#endif
