/* The options that give a filesystem a key of its own at the KMS. */
#ifndef OWN_KEY_OPTIONS_H
#define OWN_KEY_OPTIONS_H

#include "option.h"

#include <sealift/keys.h>

/* They fill a struct sealift_own_key_spec. */
extern const struct option own_key_options[];

#endif
