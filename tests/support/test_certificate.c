#include "test_certificate.h"

#include <string.h>

void
test_certificate_make(const char *names, long seconds, struct test_certificate *ret_certificate)
{
    const struct test_identity_options options = {
        .names = names,
        .begins_s = seconds < 0 ? 2 * seconds : -60,
        .ends_s = seconds,
    };
    struct test_identity identity;

    test_pki_make(&ret_certificate->pki);
    test_pki_add(&ret_certificate->pki, &options, &identity);
    memcpy(ret_certificate->certificate_file, identity.certificate_file, sizeof(identity.certificate_file));
    memcpy(ret_certificate->key_file, identity.key_file, sizeof(identity.key_file));
}

void
test_certificate_remove(struct test_certificate *certificate)
{
    test_pki_done(&certificate->pki);
}
