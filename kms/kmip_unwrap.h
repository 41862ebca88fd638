/* A KEK out of an envelope: with whichever of two keys, and with the tag in whichever place, opens it. */
#ifndef KMIP_UNWRAP_H
#define KMIP_UNWRAP_H

#include "kmip_wrap.h"

/* One Decrypt, where all is as it was. What another key may cure is tried with `other_uid` (NULL: there is none) next:
 * the configured key comes first, for what an envelope says may be out of date. Then, under AES-GCM, the same with the
 * tag in the other place: the key may have moved to another vendor's server, or a version without a field for the tag
 * been pinned. *ret_uid says which of the two it was. The error names each key with what the server said to it. */
enum sealift_status kmip_unwrap(const struct kmip_key *key, const char *other_uid, const struct kmip_sealed *sealed,
                                struct secret **ret_kek, const char **ret_uid, struct sealift_error *err);

#endif
