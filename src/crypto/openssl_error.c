#include "openssl_error.h"

#include <openssl/err.h>

enum sealift_status
openssl_error(struct sealift_error *err, const char *what)
{
    unsigned long first = ERR_get_error();
    char reason[256];

    ERR_clear_error();
    if (first == 0)
        return error_set(err, SEALIFT_INTERNAL, "%s: OpenSSL gives no reason", what);
    if (ERR_GET_REASON(first) == ERR_R_MALLOC_FAILURE)
        return error_set(err, SEALIFT_NO_MEMORY, "%s: out of memory", what);
    ERR_error_string_n(first, reason, sizeof(reason));
    return error_set(err, SEALIFT_INTERNAL, "%s: %s", what, reason);
}
