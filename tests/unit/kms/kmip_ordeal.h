/* A KMS behind a KMIP server that goes wrong in a chosen way, and what must hold however it does: a status, a message
 * that names the server, no other key than the one that was wrapped, and no connection that is used again. Acts go
 * through kms.h, as everybody's do. */
#ifndef KMIP_ORDEAL_H
#define KMIP_ORDEAL_H

#include "kmip.h"
#include "kmip_script.h"
#include "scoped.h"

#include <stdio.h>
#include <time.h>

struct kmip_ordeal {
    struct kmip_cluster cluster; /* of one server, which is asked but once, and with patience */
    struct kms *kms;
    struct secret *kek;
    struct kms_hint hint;
    struct buf wrapped; /* the KEK, before anything went wrong */
    struct kms_hint last_hint;
    struct buf last_wrapped; /* and as it was wrapped last */
    struct sealift_error err;
    char findings[8192]; /* what the last check told, a line each: "list the operations: ..." */
    double seconds;      /* that the last act took */
};

static inline void
kmip_ordeal_open(struct kmip_ordeal *ordeal)
{
    kms_free(&ordeal->kms);
    cr_assert_eq(
        kmip_open(ordeal->cluster.world, &ordeal->cluster.config, &ordeal->cluster.options, &ordeal->kms, &ordeal->err),
        SEALIFT_OK, "%s", ordeal->err.message);
}

/* The model is always the same to the byte: so is what comes of a fault in it. */
static inline void
kmip_ordeal_begin(struct kmip_ordeal *ordeal, enum kmip_version version, const struct scripted_kmip_model *model)
{
    struct scripted_kmip_model steady = *model;

    steady.without_time_stamp = steady.steady_iv = true;
    kmip_script_begin(&ordeal->cluster, &steady);
    ordeal->cluster.config.kmip.version = version;
    ordeal->cluster.config.kmip.mode.cipher = KMIP_AES_GCM;
    ordeal->cluster.options.patience_ns = 1;
    ordeal->kek = kmip_script_kek(&ordeal->cluster);
    kmip_ordeal_open(ordeal);
    cr_assert_eq(
        kms_wrap(ordeal->kms, &(struct kms_errand){0}, ordeal->kek, &ordeal->hint, &ordeal->wrapped, &ordeal->err),
        SEALIFT_OK, "%s", ordeal->err.message);
}

static inline void
kmip_ordeal_done(struct kmip_ordeal *ordeal)
{
    kms_free(&ordeal->kms);
    secret_free(&ordeal->kek);
    buf_done(&ordeal->wrapped);
    buf_done(&ordeal->last_wrapped);
    kmip_cluster_done(&ordeal->cluster);
}

static inline void
kmip_ordeal_note_finding(void *context, const struct kms_finding *finding)
{
    struct kmip_ordeal *ordeal = context;
    size_t len = strlen(ordeal->findings);

    snprintf(ordeal->findings + len, sizeof(ordeal->findings) - len, "%s: %s\n", finding->call, finding->message);
}

static inline enum sealift_status
kmip_ordeal_unwrap(struct kmip_ordeal *ordeal, const struct kms_hint *hint, struct buf *wrapped)
{
    SCOPED(secret_free) struct secret *kek = NULL;
    enum sealift_status status;
    const char *text;

    cr_assert_eq(buf_text(wrapped, &text, &ordeal->err), SEALIFT_OK);
    status = kms_unwrap(ordeal->kms, &(struct kms_errand){0}, hint, text, &kek, &ordeal->err);
    if (status == SEALIFT_OK)
        cr_assert(secret_equal(kek, ordeal->kek), "another key came back");
    else
        cr_assert_null(kek, "a key came back with an error");
    return status;
}

static inline enum sealift_status
kmip_ordeal_wrap(struct kmip_ordeal *ordeal)
{
    buf_clear(&ordeal->last_wrapped);
    return kms_wrap(ordeal->kms, &(struct kms_errand){0}, ordeal->kek, &ordeal->last_hint, &ordeal->last_wrapped,
                    &ordeal->err);
}

static inline enum sealift_status
kmip_ordeal_check(struct kmip_ordeal *ordeal)
{
    ordeal->findings[0] = '\0';
    return kms_check(ordeal->kms, kmip_ordeal_note_finding, ordeal, &ordeal->err);
}

/* Does what asks for that operation: an Encrypt, a Decrypt, an Encrypt after agreeing on a version; a check for Query
 * and Get Attributes. Discover Versions is asked by a KMS that was just opened. */
static inline enum sealift_status
kmip_ordeal_act(struct kmip_ordeal *ordeal, uint32_t operation)
{
    enum kmip_version version = ordeal->cluster.config.kmip.version;
    struct timespec began, ended;
    enum sealift_status status;

    clock_gettime(CLOCK_MONOTONIC, &began);
    switch (operation) {
    case KMIP_DISCOVER_VERSIONS:
        ordeal->cluster.config.kmip.version = KMIP_VERSION_UNKNOWN;
        kmip_ordeal_open(ordeal);
        ordeal->cluster.config.kmip.version = version;
        status = kmip_ordeal_wrap(ordeal);
        break;
    case KMIP_ENCRYPT:
        status = kmip_ordeal_wrap(ordeal);
        break;
    case KMIP_DECRYPT:
        status = kmip_ordeal_unwrap(ordeal, &ordeal->hint, &ordeal->wrapped);
        break;
    default:
        status = kmip_ordeal_check(ordeal);
        break;
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    ordeal->seconds = (double)(ended.tv_sec - began.tv_sec) + (double)(ended.tv_nsec - began.tv_nsec) / 1e9;
    return status;
}

/* What was said of that operation: a check tells of Query and Get Attributes each in a line of its own. */
static inline const char *
kmip_ordeal_said(struct kmip_ordeal *ordeal, uint32_t operation)
{
    static char line[2600];
    const char *call = operation == KMIP_QUERY ? "list the operations: " : "read the key: ", *at;

    if (operation != KMIP_QUERY && operation != KMIP_GET_ATTRIBUTES)
        return ordeal->err.message;
    at = strstr(ordeal->findings, call);
    snprintf(line, sizeof(line), "%.*s", at != NULL ? (int)strcspn(at, "\n") : 0, at != NULL ? at : "");
    return line;
}

static inline void
kmip_ordeal_expect_said(struct kmip_ordeal *ordeal, uint32_t operation, const char *text)
{
    const char *said = kmip_ordeal_said(ordeal, operation);

    cr_assert_not_null(strstr(said, text), "\"%s\" is not in: %s", text, said);
}

/* With that fault in each answer to that operation; *ret_request is the first of them. */
static inline enum sealift_status
kmip_ordeal_act_with(struct kmip_ordeal *ordeal, uint32_t operation, const struct scripted_fault *fault,
                     struct scripted_request *ret_request)
{
    struct scripted_kmip *server = ordeal->cluster.servers[0];
    struct scripted_fault of_operation = *fault;
    size_t number = scripted_kmip_requests(server);
    enum sealift_status status;

    of_operation.operation = operation;
    scripted_kmip_clear_faults(server);
    scripted_kmip_add_fault(server, &of_operation);
    status = kmip_ordeal_act(ordeal, operation);
    cr_assert_geq(scripted_kmip_faults(server), 1, "operation %02x: nothing went wrong", operation);
    do
        *ret_request = scripted_kmip_request(server, number++);
    while (ret_request->seen.operation != operation);
    return status;
}

/* CORRUPT, but that a check goes on without what a Query would have told. */
static inline void
kmip_ordeal_expect_senseless(struct kmip_ordeal *ordeal, uint32_t operation, enum sealift_status status)
{
    static const char *const ways[] = {"the answer makes no sense: ", "the answer is damaged",
                                       "what came is no answer of a KMIP server"};
    const char *said = kmip_ordeal_said(ordeal, operation);
    bool found = false;

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        found = found || strstr(said, ways[i]) != NULL;
    cr_assert(found, "operation %02x: %s", operation, said);
    cr_assert_eq(status, operation == KMIP_QUERY ? SEALIFT_OK : SEALIFT_CORRUPT, "operation %02x: %d: %s", operation,
                 status, said);
    kmip_ordeal_expect_said(ordeal, operation, scripted_kmip_address(ordeal->cluster.servers[0]));
    cr_assert(strstr(said, KMIP_SENSELESS_WAY_OUT) != NULL || strstr(said, "check host and port") != NULL, "%s", said);
}

/* Nothing is left open, the next call makes a connection of its own, and the same key comes back. */
static inline void
kmip_ordeal_expect_recovery(struct kmip_ordeal *ordeal)
{
    struct scripted_kmip *server = ordeal->cluster.servers[0];
    size_t before;

    cr_assert(scripted_kmip_all_closed(server), "a connection was left open after: %s", ordeal->err.message);
    scripted_kmip_clear_faults(server);
    before = scripted_kmip_connections(server);
    cr_assert_eq(kmip_ordeal_act(ordeal, KMIP_DECRYPT), SEALIFT_OK, "%s", ordeal->err.message);
    cr_assert_eq(scripted_kmip_connections(server), before + 1);
}

#endif
