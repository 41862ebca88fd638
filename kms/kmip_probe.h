/* Finding out in which mode a KMIP server encrypts for us so that it opens again. kms.md, section 2.5. */
#ifndef KMIP_PROBE_H
#define KMIP_PROBE_H

#include "kmip_key.h"

enum kmip_probe_step { KMIP_PROBE_WRAP, KMIP_PROBE_UNWRAP, KMIP_PROBE_DAMAGE, KMIP_PROBE_DONE };

struct kmip_probe {
    struct kmip_mode mode;            /* that works */
    enum kmip_probe_step step;        /* as far as any mode came: what failed, or DONE */
    struct sealift_error passed_over; /* its message: the modes that were tried in vain, with what came of each */
};

/* Tries the modes, beginning with `first` when that is known: one Encrypt; one Decrypt, which must give the same key
 * back; then damaged copies, one Decrypt each. Under AES-GCM every flipped bit, in ciphertext, IV and tag, must be
 * refused: a server that shortens the tag, or looks at none, would let others alter what it wraps. Under AES-CBC no
 * server can notice; a changed ciphertext must not give the key back, that is all.
 *
 * KEY when no mode works, with what came of each. What no other mode can cure (no such key, a refusal by policy, no
 * server) ends it at once with its own status. *ret_probe is filled in either way. */
enum sealift_status kmip_probe(const struct kmip_key *key, const struct kmip_mode *first, struct kmip_probe *ret_probe,
                               struct sealift_error *err);

#endif
