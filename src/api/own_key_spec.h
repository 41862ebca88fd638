/* What a caller says of a filesystem's own key, as the table keeps it. */
#ifndef OWN_KEY_SPEC_H
#define OWN_KEY_SPEC_H

#include "own_key.h"

#include <sealift/keys.h>

/* NULL, or without a key identifier: no own key; INVALID when something else is said all the same. Paths are absolute
 * from here on. Whether the cluster's KMS has a place for it, own_key_apply() knows. */
enum sealift_status own_key_spec_read(const struct sealift_own_key_spec *spec, struct own_key *ret_own,
                                      struct sealift_error *err);

#endif
