#include "kmip_negotiate.h"

#include "error.h"
#include "kmip_discover.h"
#include "kmip_error.h"
#include "kmip_query.h"
#include "scoped.h"

#include <inttypes.h>
#include <stdio.h>

/* In which Discover Versions itself is asked: every server of 1.x knows the oldest, one that has 2.x only refuses it;
 * the rest is for one that has just one version. */
static const enum kmip_version question_versions[] = {KMIP_1_2, KMIP_2_0, KMIP_2_1, KMIP_1_4, KMIP_1_3};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_SHOWN    12 /* of a server's versions; there are nine, up to 3.0 */
#define WAYS_OUT     "have the server offer one of these, or pin one with --kmip-version if it is wrong about itself"
#define OUR_VERSIONS "sealift speaks 1.2, 1.3, 1.4, 2.0 and 2.1"

static void
write_ours(struct ttlv_writer *writer, enum kmip_version version, const void *unused)
{
    (void)version, (void)unused;
    kmip_discover_write(writer, kmip_versions, KMIP_VERSION_COUNT);
}

static void
write_none(struct ttlv_writer *writer, enum kmip_version version, const void *unused)
{
    (void)version, (void)unused;
    kmip_discover_write(writer, NULL, 0);
}

static void
write_query(struct ttlv_writer *writer, enum kmip_version version, const void *unused)
{
    (void)version, (void)unused;
    kmip_query_write(writer);
}

static const struct kmip_call discover_ours = {.operation = KMIP_DISCOVER_VERSIONS, .write = write_ours};
static const struct kmip_call discover_all = {.operation = KMIP_DISCOVER_VERSIONS, .write = write_none};
static const struct kmip_call query = {.operation = KMIP_QUERY, .write = write_query};

/* --- What an answer says of the version --- */

bool
kmip_negotiate_is_in_doubt(const struct kmip_answer *answer)
{
    return answer->status == KMIP_OPERATION_FAILED &&
           (answer->reason == KMIP_REASON_INVALID_MESSAGE || answer->reason == KMIP_REASON_CODEC_ERROR ||
            answer->reason == KMIP_REASON_UNSUPPORTED_PROTOCOL_VERSION);
}

static bool
refuses(const struct kmip_answer *answer, enum kmip_version asked)
{
    return kmip_answer_refuses_version(answer, asked) || kmip_negotiate_is_in_doubt(answer);
}

/* It would refuse any request, so that nothing is to be learnt from another one. */
static bool
refuses_us(const struct kmip_answer *answer)
{
    return kmip_error_is_passing(answer) ||
           (answer->status == KMIP_OPERATION_FAILED && (answer->reason == KMIP_REASON_AUTHENTICATION_NOT_SUCCESSFUL ||
                                                        answer->reason == KMIP_REASON_BAD_PASSWORD));
}

static enum sealift_status
explain(const struct kmip_server *server, const struct kmip_call *call, const struct kmip_answer *answer,
        struct sealift_error *err)
{
    return kmip_error(call->operation, &(struct kmip_place){.server = server->name}, answer, err);
}

/* --- Without Discover Versions --- */

static enum sealift_status
try_one(struct kmip_server *server, enum kmip_version version, bool *ret_fits, struct sealift_error *err)
{
    SCOPED(kmip_answer_done) struct kmip_answer answer = {0};

    TRY(kmip_server_exchange(server, version, &query, &answer, err));
    *ret_fits = !refuses(&answer, version);
    if (!*ret_fits)
        kmip_server_disconnect(server);
    else if (refuses_us(&answer))
        return explain(server, &query, &answer, err);
    return SEALIFT_OK;
}

static enum sealift_status
try_each(struct kmip_server *server, enum kmip_version *ret_version, struct sealift_error *err)
{
    bool fits;

    for (size_t i = 0; i < KMIP_VERSION_COUNT; i++) {
        TRY(try_one(server, kmip_versions[i], &fits, err));
        if (fits) {
            *ret_version = kmip_versions[i];
            return SEALIFT_OK;
        }
    }
    return error_set(err, SEALIFT_INVALID,
                     "KMIP %s: no version in common: the server has no Discover Versions and refuses each version that "
                     "was tried; " OUR_VERSIONS ": " WAYS_OUT,
                     server->name);
}

/* --- Without a common version --- */

static enum sealift_status
list_versions(const struct kmip_answer *answer, struct buf *list, struct sealift_error *err)
{
    struct bytes rest = answer->payload.value;
    struct ttlv_item item;
    int32_t major, minor;
    size_t count = 0;

    while (ttlv_next(&rest, &item)) {
        if (item.tag != KMIP_TAG_PROTOCOL_VERSION || item.type != TTLV_STRUCTURE)
            continue;
        TRY(kmip_read_version(&item, &major, &minor, err));
        if (++count > MAX_SHOWN)
            return buf_append_text(list, " ...", err);
        TRY(buf_printf(list, "%s%" PRId32 ".%" PRId32, err, count > 1 ? ", " : "", major, minor));
    }
    return SEALIFT_OK;
}

/* Whatever goes wrong here, that nothing is common is known. */
static enum sealift_status
ask_for_all(struct kmip_server *server, enum kmip_version version, struct buf *list, struct sealift_error *err)
{
    SCOPED(kmip_answer_done) struct kmip_answer answer = {0};

    TRY(kmip_server_exchange(server, version, &discover_all, &answer, err));
    return answer.status == KMIP_SUCCESS ? list_versions(&answer, list, err) : SEALIFT_OK;
}

static enum sealift_status
none_in_common(struct kmip_server *server, enum kmip_version version, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf list = {0};
    const char *text = "";
    enum sealift_status status = ask_for_all(server, version, &list, err);

    if (error_ends_all(status))
        return status;
    TRY(buf_text(&list, &text, err));
    return error_set(err, SEALIFT_INVALID,
                     "KMIP %s: no version in common: the server has %s, " OUR_VERSIONS ": " WAYS_OUT, server->name,
                     text[0] != '\0' ? text : "others, which it does not tell");
}

/* --- Discover Versions --- */

static enum sealift_status
take(struct kmip_server *server, enum kmip_version asked_in, const struct kmip_answer *answer,
     enum kmip_version *ret_version, struct sealift_error *err)
{
    enum kmip_version version;

    if (kmip_discover_read(answer, kmip_versions, KMIP_VERSION_COUNT, &version, err) != SEALIFT_OK)
        return error_prefix(err, "KMIP %s: Discover Versions", server->name);
    if (version == KMIP_VERSION_UNKNOWN)
        return none_in_common(server, asked_in, err);
    *ret_version = version;
    return SEALIFT_OK;
}

/* Some servers refuse what they do not know by closing the connection. */
static bool
closed_on_us(const struct kmip_server *server, enum sealift_status status)
{
    return status == SEALIFT_UNAVAILABLE && server->silence == KMIP_CLOSED;
}

static enum sealift_status
refused_all(const struct kmip_server *server, const struct sealift_error *closed, struct sealift_error *err)
{
    if (closed->status != SEALIFT_OK) {
        *err = *closed;
        return error_hint(err, "that was the answer to Discover Versions in each version that was tried");
    }
    return error_set(err, SEALIFT_INVALID,
                     "KMIP %s: no version in common: the server refuses each that was tried; " OUR_VERSIONS
                     ": " WAYS_OUT,
                     server->name);
}

static enum sealift_status
agree(struct kmip_server *server, enum kmip_version *ret_version, struct sealift_error *err)
{
    struct sealift_error closed = {0};

    for (size_t i = 0; i < COUNT(question_versions); i++) {
        SCOPED(kmip_answer_done) struct kmip_answer answer = {0};
        enum sealift_status status;

        status = kmip_server_exchange(server, question_versions[i], &discover_ours, &answer, err);
        if (closed_on_us(server, status)) {
            closed = closed.status == SEALIFT_OK ? *err : closed;
            continue;
        }
        TRY(status);
        if (answer.status == KMIP_SUCCESS)
            return take(server, question_versions[i], &answer, ret_version, err);
        if (refuses_us(&answer))
            return explain(server, &discover_ours, &answer, err);
        if (!refuses(&answer, question_versions[i]))
            return try_each(server, ret_version, err);
        kmip_server_disconnect(server);
    }
    return refused_all(server, &closed, err);
}

enum sealift_status
kmip_negotiate(struct kmip_server *server, enum kmip_version *ret_version, struct sealift_error *err)
{
    TRY(agree(server, ret_version, err));
    world_log(server->world, LOG_INFO, "KMIP %s: agreed on KMIP %s", server->name, kmip_version_text(*ret_version));
    return SEALIFT_OK;
}

/* --- Under a pin --- */

enum sealift_status
kmip_negotiate_pin(struct kmip_server *server, enum kmip_version pin, struct sealift_error *err)
{
    SCOPED(kmip_answer_done) struct kmip_answer answer = {0};

    TRY(kmip_server_exchange(server, pin, &query, &answer, err));
    if (refuses(&answer, pin)) {
        kmip_server_disconnect(server);
        return kmip_negotiate_refused_pin(server, pin, &answer, err);
    }
    return refuses_us(&answer) ? explain(server, &query, &answer, err) : SEALIFT_OK;
}

enum sealift_status
kmip_negotiate_refused_pin(const struct kmip_server *server, enum kmip_version pin, const struct kmip_answer *answer,
                           struct sealift_error *err)
{
    enum sealift_status status = error_set(
        err, SEALIFT_INVALID,
        "KMIP %s: the server does not take KMIP %s, which is pinned: pin another version with --kmip-version, or leave "
        "that out, so that the best one is agreed on",
        server->name, kmip_version_text(pin));

    if (answer->message[0] != '\0')
        return error_hint(err, "the answer was %s: %s", kmip_reason_name(answer->reason), answer->message);
    return status;
}
