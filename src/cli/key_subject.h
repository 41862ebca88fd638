/* Whose keys a command is about: NAME of a filesystem, or LOCATOR and the object store that has it. */
#ifndef KEY_SUBJECT_H
#define KEY_SUBJECT_H

#include "option.h"

#include <sealift/keys.h>

struct key_subject {
    const char *name_or_locator;
    struct sealift_obs_spec obs;
};

/* Of commands whose values have a `struct key_subject subject`. */
#define KEY_SUBJECT_ARGUMENT(values)                                                                                   \
    {                                                                                                                  \
        .name = "NAME|LOCATOR", .type = OPTION_TEXT, .field = offsetof(values, subject.name_or_locator),               \
        .required = true, .help = "a filesystem of the table; or, with --obs, a locator or a filesystem's UUID"        \
    }

extern const struct option key_subject_options[]; /* they fill a struct key_subject */

/* INVALID: a locator without its object store, or access options without a URL. */
enum sealift_status key_subject_read(const struct key_subject *subject, struct sealift_key_spec *spec,
                                     struct sealift_error *err);

#endif
