/* What it means that TLS failed: OpenSSL's reasons and the server's alerts (RFC 8446, section 6) turned into statuses
 * and sentences. Only src/net includes this. */
#ifndef TLS_FAILURE_H
#define TLS_FAILURE_H

#include "tls_trust.h"

#include <stdbool.h>

/* What was known when it failed. */
struct tls_scene {
    const char *host; /* whom the server had to prove to be */
    const struct tls_verdict *verdict;
    int error_number; /* errno, of the call that failed */
    bool in_handshake;
    bool greeted; /* the server has spoken TLS */
    bool asked;   /* it asked for our certificate */
    bool heard;   /* it has accepted us: something came after the handshake */
};

/* `ssl` has just failed in a way that no waiting helps. OpenSSL's error queue is empty afterwards. */
enum sealift_status tls_failure(const SSL *ssl, const struct tls_scene *scene, struct sealift_error *err);

/* Whether the first error in OpenSSL's queue is an alert of the server's: the reason why it closed. */
bool tls_failure_is_alert(void);

#endif
