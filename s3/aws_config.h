/* The INI dialect of ~/.aws/config and ~/.aws/credentials ("Format of the config files", AWS SDKs and Tools Reference
 * Guide), read in place: nothing is copied, since the text holds secrets. What is malformed is skipped, as the SDKs do.
 *
 * The last of several values counts. Keys are compared without regard to case. An indented line belongs to a nested
 * setting (s3 = ...), of which we need none. A comment is a line that begins with # or ;, or what follows them behind
 * white space. */
#ifndef AWS_CONFIG_H
#define AWS_CONFIG_H

#include "buf.h"

enum aws_file {
    AWS_FILE_CONFIG,      /* sections are [default] and [profile NAME] */
    AWS_FILE_CREDENTIALS, /* sections are [NAME] */
};

bool aws_config_has_profile(struct bytes text, enum aws_file file, const char *profile);

/* The value, a view into `text`; false, and *ret_value as it was, when the profile has no such key or
 * an empty value. */
bool aws_config_find(struct bytes text, enum aws_file file, const char *profile, const char *key,
                     struct bytes *ret_value);

#endif
