/* KMIP messages with one batch item (KMIP 2.1, section 8; 1.2, section 7): what is common to all requests, and what is
 * common to all answers. What stands in a payload is the operations' own. */
#ifndef KMIP_MESSAGE_H
#define KMIP_MESSAGE_H

#include "kmip_tag.h"
#include "kmip_version.h"
#include "secret.h"
#include "ttlv.h"

#define KMIP_MESSAGE_MAX ((size_t)1 << 20) /* of an answer; ours is some hundred bytes */

/* No multiple of 8: what PyKMIP echoes of such a length is followed by 8 bytes that belong to no item. */
#define KMIP_BATCH_ID_SIZE 12

struct kmip_request {
    enum kmip_version version;
    enum kmip_operation operation;
    const char *username;           /* NULL: the client certificate alone says who we are */
    const struct secret *password;  /* NULL: a username without one */
    struct bytes batch_id;          /* what ties an answer to its request; empty: none */
    const char *client_correlation; /* 1.4 and later, for the server's log. NULL: none, which is what we send: PyKMIP
                                       cannot read it */
};

/* Everything up to the payload's items, and everything behind them. No time stamp (a server's clock may differ), no
 * asynchronous answers. */
void kmip_request_begin(struct ttlv_writer *writer, const struct kmip_request *request);
void kmip_request_end(struct ttlv_writer *writer);
void kmip_put_version(struct ttlv_writer *writer, enum kmip_version version); /* a Protocol Version */

struct kmip_answer {
    struct buf bytes;              /* the message; what follows points into it. One that wipes, of KMIP_MESSAGE_MAX */
    enum kmip_operation operation; /* that was asked for */
    int32_t major, minor;          /* of the header: need not be ours, an error often comes in 1.0 */
    uint32_t status;               /* enum kmip_result_status, or another number */
    uint32_t reason;               /* enum kmip_result_reason, or another number */
    char message[256];             /* the server's own words, cut */
    struct ttlv_item payload;      /* tag 0: none */
};

void kmip_answer_done(struct kmip_answer *answer);

/* Reads what stands in answer->bytes, from the header of the TTLV message to the batch item. `request` is what it
 * answers. CORRUPT: no response message, another number of batch items than one, another operation or batch id than was
 * asked for (a failure may leave out both, a success one of them), no result status. INVALID: a success in a major
 * version of 3 or more. A failure that the server reports is OK here, in whichever version: see answer->status. */
enum sealift_status kmip_answer_read(struct kmip_answer *answer, const struct kmip_request *request,
                                     struct sealift_error *err);

/* The server does not know the version of our request, whichever way it says so (2.x: Unsupported Protocol Version;
 * others: Invalid Message, in a version that is not ours or to Discover Versions). */
bool kmip_answer_refuses_version(const struct kmip_answer *answer, enum kmip_version asked);

/* What can be done about an answer that cannot be read. */
#define KMIP_SENSELESS_WAY_OUT "have the server upgraded, or pin another version of KMIP with --kmip-version"

/* --- For who reads a payload --- */

/* Says in front of what TTLV found wrong that it is the answer which makes no sense, and behind it what to do. */
enum sealift_status kmip_answer_senseless(struct sealift_error *err);

enum sealift_status kmip_read_version(const struct ttlv_item *version, int32_t *ret_major, int32_t *ret_minor,
                                      struct sealift_error *err);

#endif
