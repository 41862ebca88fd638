#include "kmip_connection.h"

#include "error.h"
#include "kmip_name.h"
#include "kms.h"
#include "net_deadline.h"
#include "patience.h"
#include "scoped.h"
#include "text.h"
#include "tls_stream.h"

#include <stdlib.h>
#include <string.h>

#define ANSWER_TIMEOUT_NS (30 * NS_PER_S)

struct kmip_connection {
    const struct world *world;
    const struct kms_config *config;
    char name[ENDPOINT_TEXT_SIZE];
    int64_t longest_ns; /* for one exchange, ... */
    int64_t timeout_ns; /* ... and for the one that is under way */
    struct tls_stream *stream;
    struct secret *password; /* NULL: none */
    int64_t used_ns;         /* when it was last good for something */
};

static int64_t
now_ns(const struct kmip_connection *connection)
{
    return connection->world->clock->mono_ns(connection->world->clock);
}

/* --- Opening --- */

/* In front of what the layer below says, which begins with "HOST:PORT: ". */
static enum sealift_status
say_kmip(struct sealift_error *err)
{
    struct sealift_error inner = *err;

    return error_set(err, inner.status, "KMIP %s", inner.message);
}

static enum sealift_status
read_secrets(struct kmip_connection *connection, struct secret **ret_key, struct sealift_error *err)
{
    const struct kms_config *config = connection->config;

    TRY(credential_read(connection->world, &config->kmip.client_key, "the client certificate's key", ret_key, err));
    if (config->credential.kind == CREDENTIAL_NONE)
        return SEALIFT_OK;
    return credential_read(connection->world, &config->credential, "the password", &connection->password, err);
}

enum sealift_status
kmip_connection_open(const struct world *world, const struct kms_config *config, const struct endpoint *endpoint,
                     const struct kmip_timeouts *timeouts, struct kmip_connection **ret_connection, bool *ret_is_ours,
                     struct sealift_error *err)
{
    SCOPED(kmip_connection_close) struct kmip_connection *connection = calloc(1, sizeof(*connection));
    SCOPED(secret_free) struct secret *key = NULL;
    char key_name[CREDENTIAL_TEXT_SIZE];
    struct tls_stream_options options = {
        .endpoint = *endpoint,
        .server_name = config->kmip.server_name,
        .ca_file = config->ca_file,
        .client_certificate = config->kmip.client_cert,
        .client_key_name = key_name,
        .connect_timeout_ns = timeouts->connect_ns,
        .handshake_timeout_ns = timeouts->handshake_ns,
    };

    if (connection == NULL)
        return error_no_memory(err);
    *connection = (struct kmip_connection){.world = world, .config = config};
    connection->longest_ns = timeouts->answer_ns != 0 ? timeouts->answer_ns : ANSWER_TIMEOUT_NS;
    endpoint_format(endpoint, connection->name);
    credential_format(&config->kmip.client_key, key_name);

    *ret_is_ours = read_secrets(connection, &key, err) != SEALIFT_OK;
    if (*ret_is_ours)
        return error_prefix(err, "KMIP");
    options.client_key = key;
    if (tls_stream_connect(world, &options, &connection->stream, err) != SEALIFT_OK)
        return say_kmip(err);
    connection->used_ns = now_ns(connection);
    *ret_connection = TAKE(connection);
    return SEALIFT_OK;
}

void
kmip_connection_close(struct kmip_connection **connection)
{
    if (*connection == NULL)
        return;
    tls_stream_close(&(*connection)->stream);
    secret_free(&(*connection)->password);
    free(*connection);
    *connection = NULL;
}

/* --- The request --- */

static enum sealift_status
write_request(const struct kmip_request *request, const struct kmip_call *call, struct buf *out,
              struct sealift_error *err)
{
    struct ttlv_writer writer;

    ttlv_writer_init(&writer, out);
    kmip_request_begin(&writer, request);
    call->write(&writer, request->version, call->context);
    kmip_request_end(&writer);
    return ttlv_writer_finish(&writer, err);
}

static enum sealift_status
send_request(struct kmip_connection *connection, const struct kmip_request *request, const struct kmip_call *call,
             struct sealift_error *err)
{
    SCOPED(buf_done) struct buf out = {.wipe = true, .max = KMIP_MESSAGE_MAX};

    if (write_request(request, call, &out, err) != SEALIFT_OK)
        return error_prefix(err, "KMIP %s: %s", connection->name, kmip_operation_name(call->operation));
    if (tls_stream_write(connection->stream, buf_bytes(&out), connection->timeout_ns, err) != SEALIFT_OK)
        return say_kmip(err);
    return SEALIFT_OK;
}

/* --- The answer --- */

static enum sealift_status
refuse_beginning(const struct kmip_connection *connection, const uint8_t header[TTLV_HEADER_SIZE],
                 struct sealift_error *err)
{
    if (memcmp(header, "HTTP/", 5) == 0)
        return error_set(err, SEALIFT_INVALID,
                         "KMIP %s: what answers there is a web server: check the port; KMIP's usual one is 5696",
                         connection->name);
    return error_set(err, SEALIFT_CORRUPT,
                     "KMIP %s: what came is no answer of a KMIP server (it begins with %02x%02x%02x%02x): check host "
                     "and port",
                     connection->name, header[0], header[1], header[2], header[3]);
}

/* kms.md, section 2.1: nothing is read, and no memory taken, on the word of a header that makes no sense. */
static enum sealift_status
check_header(const struct kmip_connection *connection, const uint8_t header[TTLV_HEADER_SIZE], size_t *ret_len,
             struct sealift_error *err)
{
    uint32_t len = (uint32_t)header[4] << 24 | (uint32_t)header[5] << 16 | (uint32_t)header[6] << 8 | header[7];

    if (ttlv_tag_of(header) != KMIP_TAG_RESPONSE_MESSAGE || ttlv_type_of(header) != TTLV_STRUCTURE)
        return refuse_beginning(connection, header, err);
    if (len % 8 != 0)
        return error_set(err, SEALIFT_CORRUPT,
                         "KMIP %s: the answer is damaged: its length, %u, is no multiple of 8; " KMIP_SENSELESS_WAY_OUT,
                         connection->name, (unsigned)len);
    if (len > KMIP_MESSAGE_MAX - TTLV_HEADER_SIZE)
        return error_set(err, SEALIFT_CORRUPT,
                         "KMIP %s: the answer is damaged, or too long: it announces %u bytes; " KMIP_SENSELESS_WAY_OUT,
                         connection->name, (unsigned)len);
    *ret_len = len;
    return SEALIFT_OK;
}

static enum sealift_status
read_part(struct kmip_connection *connection, struct buf *into, size_t len, int64_t began_ns, struct sealift_error *err)
{
    int64_t left_ns = connection->timeout_ns - (now_ns(connection) - began_ns);
    enum sealift_status status;
    size_t got = 0;

    TRY(buf_reserve(into, len, err));
    status = tls_stream_read(connection->stream, into->data + into->len, len, left_ns, &got, err);
    into->len += got;
    return status == SEALIFT_OK ? status : say_kmip(err);
}

/* All of it within the one time-out, however it dribbles. */
static enum sealift_status
read_answer(struct kmip_connection *connection, struct buf *into, struct sealift_error *err)
{
    int64_t began_ns = now_ns(connection);
    size_t len;

    TRY(read_part(connection, into, TTLV_HEADER_SIZE, began_ns, err));
    TRY(check_header(connection, into->data, &len, err));
    return read_part(connection, into, len, began_ns, err);
}

static enum sealift_status
converse(struct kmip_connection *connection, const struct kmip_request *request, const struct kmip_call *call,
         struct kmip_answer *answer, enum kmip_silence *ret_silence, struct sealift_error *err)
{
    struct net_deadline deadline = net_deadline_in(connection->world, connection->timeout_ns);
    enum sealift_status status = send_request(connection, request, call, err);

    if (status == SEALIFT_OK)
        status = read_answer(connection, &answer->bytes, err);
    if (answer->bytes.len > 0)
        *ret_silence = KMIP_HEARD;
    else
        *ret_silence = net_deadline_is_over(&deadline) ? KMIP_STALLED : KMIP_CLOSED;
    return status;
}

static void
note_id(const struct kmip_call *call, const uint8_t batch_id[KMIP_BATCH_ID_SIZE])
{
    char text[2 * KMIP_BATCH_ID_SIZE + 1];

    hex_encode((struct bytes){batch_id, KMIP_BATCH_ID_SIZE}, text);
    if (call->errand != NULL)
        kms_errand_note(call->errand, text);
}

enum sealift_status
kmip_connection_exchange(struct kmip_connection *connection, enum kmip_version version, const struct kmip_call *call,
                         struct kmip_answer *ret_answer, enum kmip_silence *ret_silence, struct sealift_error *err)
{
    const struct kms_config *config = connection->config;
    struct entropy *entropy = connection->world->entropy;
    SCOPED(kmip_answer_done)
    struct kmip_answer answer = {.bytes = {.wipe = true, .max = KMIP_MESSAGE_MAX}};
    const int64_t left_ns = patience_for_request(connection->world, call->until_ns);
    uint8_t batch_id[KMIP_BATCH_ID_SIZE];
    struct kmip_request request = {
        .version = version,
        .operation = call->operation,
        .username = config->kmip.username[0] != '\0' ? config->kmip.username : NULL,
        .password = connection->password,
        .batch_id = BYTES_OF(batch_id),
    };

    entropy->fill(entropy, batch_id, sizeof(batch_id));
    note_id(call, batch_id);
    connection->timeout_ns = left_ns < connection->longest_ns ? left_ns : connection->longest_ns;
    TRY(converse(connection, &request, call, &answer, ret_silence, err));
    if (kmip_answer_read(&answer, &request, err) != SEALIFT_OK)
        return error_prefix(err, "KMIP %s: %s", connection->name, kmip_operation_name(call->operation));
    connection->used_ns = now_ns(connection);
    *ret_answer = answer;
    answer = (struct kmip_answer){0};
    return SEALIFT_OK;
}

/* --- What it is like --- */

int64_t
kmip_connection_idle_ns(const struct kmip_connection *connection)
{
    return now_ns(connection) - connection->used_ns;
}

const char *
kmip_connection_protocol(const struct kmip_connection *connection)
{
    return tls_stream_protocol(connection->stream);
}

int64_t
kmip_connection_certificate_ends(const struct kmip_connection *connection)
{
    return tls_stream_certificate_ends(connection->stream);
}
