#include "http.h"

#include "error.h"
#include "http_answer.h"
#include "http_client.h"
#include "http_failure.h"
#include "scoped.h"
#include "sigpipe.h"

#include <string.h>

#define LOW_SPEED_BYTES_PER_S 1024L
#define DEFAULT_MAX_TEXT      ((size_t)1 << 20)
#define CURL_BUFFER_BYTES     (512L << 10) /* libcurl's own, each way: fewer, larger reads and writes of the socket */

struct exchange {
    struct http_client *client;
    const struct http_request *request;
    CURL *easy;
    struct curl_slist *headers;
    struct http_answer answer;
    enum sealift_status status; /* why a callback stopped the transfer; OK: none did */
    struct sealift_error *err;
    char detail[CURL_ERROR_SIZE];
};

static void
exchange_done(struct exchange *exchange)
{
    if (exchange->easy != NULL)
        http_client_give_back(exchange->client, exchange->easy);
    curl_slist_free_all(exchange->headers);
    http_answer_done(&exchange->answer);
}

static int
watch_cancel(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
    struct exchange *exchange = context;

    (void)down_total, (void)down, (void)up_total, (void)up;
    return cancel_asked(exchange->client->world->cancel);
}

static size_t
receive_header(char *data, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    struct bytes line = {(const uint8_t *)data, size * count};

    exchange->status = http_answer_add_header(&exchange->answer, line, exchange->err);
    return exchange->status == SEALIFT_OK ? line.len : 0;
}

static enum sealift_status
keep_body(struct exchange *exchange, struct bytes data)
{
    const struct http_request *request = exchange->request;
    struct http_answer *answer = &exchange->answer;
    size_t max_text = request->max_text != 0 ? request->max_text : DEFAULT_MAX_TEXT;
    long status = 0;

    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    if (request->body_out != NULL && status / 100 == 2) {
        if (data.len > request->body_capacity - answer->body_len)
            return error_set(exchange->err, SEALIFT_CORRUPT,
                             "the answer has more than the %zu bytes that were asked for", request->body_capacity);
        memcpy(request->body_out + answer->body_len, data.data, data.len);
        answer->body_len += data.len;
        return SEALIFT_OK;
    }
    return http_answer_add_text(answer, data, max_text, exchange->err);
}

static size_t
receive_body(char *data, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;

    exchange->status = keep_body(exchange, (struct bytes){(const uint8_t *)data, size * count});
    return exchange->status == SEALIFT_OK ? size * count : 0;
}

/* --- The request --- */

static bool
is_header_text(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

static enum sealift_status
add_line(struct exchange *exchange, const char *line, struct sealift_error *err)
{
    struct curl_slist *longer = curl_slist_append(exchange->headers, line);

    if (longer == NULL)
        return error_no_memory(err);
    exchange->headers = longer;
    return SEALIFT_OK;
}

static enum sealift_status
add_header(struct exchange *exchange, const struct http_header *header, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf line = {.wipe = true};
    const char *text;

    if (!is_header_text(header->value)) /* a line break would start a header of somebody else's choice */
        return error_set(err, SEALIFT_INVALID, "the value of the header %s holds control characters", header->name);
    TRY(buf_append_text(&line, header->name, err));
    TRY(buf_append_text(&line, header->value[0] != '\0' ? ": " : ";", err)); /* libcurl's way to send an empty one */
    TRY(buf_append_text(&line, header->value, err));
    TRY(buf_text(&line, &text, err));
    return add_line(exchange, text, err);
}

static enum sealift_status
add_headers(struct exchange *exchange, struct sealift_error *err)
{
    const struct http_request *request = exchange->request;
    bool has_type = false;

    for (size_t i = 0; i < request->header_count; i++) {
        has_type = has_type || strcasecmp(request->headers[i].name, "content-type") == 0;
        TRY(add_header(exchange, &request->headers[i], err));
    }
    if (request->secret_header.name != NULL)
        TRY(add_header(exchange, &request->secret_header, err));
    if (!has_type)
        TRY(add_line(exchange, "Content-Type:", err)); /* libcurl would claim that a body is a web form */
    return add_line(exchange, "Expect:", err);         /* 100-continue costs a second wherever it is not understood */
}

/* Bodies go out as "post fields" whatever the method: libcurl then reads them where they lie, and can begin anew by
 * itself when a kept connection turns out to be closed. */
static CURLcode
set_method(CURL *easy, const struct http_request *request)
{
    bool has_body =
        request->body.len > 0 || strcmp(request->method, "PUT") == 0 || strcmp(request->method, "POST") == 0;
    CURLcode code = CURLE_OK;

    if (strcmp(request->method, "HEAD") == 0)
        return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    if (has_body) {
        code |= curl_easy_setopt(easy, CURLOPT_POST, 1L);
        code |=
            curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.len > 0 ? (const char *)request->body.data : "");
        code |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
    }
    return code | curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static long
milliseconds(int64_t ns)
{
    return (long)(ns / NS_PER_MS + (ns % NS_PER_MS != 0 ? 1 : 0));
}

static long
seconds(int64_t ns)
{
    return (long)((ns + NS_PER_S - 1) / NS_PER_S);
}

/* 0: none */
static int64_t
total_timeout_ns(const struct http_client *client, const struct http_request *request)
{
    const int64_t own = request->timeout_ns, usual = client->total_timeout_ns;

    return own != 0 && (usual == 0 || own < usual) ? own : usual;
}

static CURLcode
set_manners(CURL *easy, const struct http_client *client, const struct http_request *request)
{
    CURLcode code = CURLE_OK;

    code |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    code |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    code |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    code |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    code |= curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L); /* what was signed is what is sent */
    code |= curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    code |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    code |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    code |= curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    code |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    code |= curl_easy_setopt(easy, CURLOPT_USERAGENT, client->user_agent);
    code |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(client->connect_timeout_ns));
    code |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds(total_timeout_ns(client, request)));
    code |= curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, LOW_SPEED_BYTES_PER_S);
    code |= curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, seconds(client->low_speed_timeout_ns));
    if (client->ca_file != NULL)
        code |= curl_easy_setopt(easy, CURLOPT_CAINFO, client->ca_file);
    if (client->direct)
        code |= curl_easy_setopt(easy, CURLOPT_PROXY, "");
    return code;
}

/* Only about speed: libcurl refuses when the handle still has the buffer of a transfer that never began. */
static void
set_buffers(CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, CURL_BUFFER_BYTES);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, CURL_BUFFER_BYTES);
}

static CURLcode
set_callbacks(CURL *easy, struct exchange *exchange)
{
    CURLcode code = CURLE_OK;

    code |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->detail);
    code |= curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    code |= curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, watch_cancel);
    code |= curl_easy_setopt(easy, CURLOPT_XFERINFODATA, exchange);
    code |= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, receive_header);
    code |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    code |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive_body);
    return code | curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
}

static enum sealift_status
prepare(struct exchange *exchange, struct sealift_error *err)
{
    CURLcode code = CURLE_OK;

    exchange->easy = http_client_take(exchange->client);
    if (exchange->easy == NULL)
        return error_no_memory(err);
    TRY(add_headers(exchange, err));
    set_buffers(exchange->easy);
    code |= set_manners(exchange->easy, exchange->client, exchange->request);
    code |= set_callbacks(exchange->easy, exchange);
    code |= set_method(exchange->easy, exchange->request);
    code |= curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, exchange->headers);
    code |= curl_easy_setopt(exchange->easy, CURLOPT_URL, exchange->request->url);
    if (code != CURLE_OK)
        return error_set(err, SEALIFT_INTERNAL, "%s refuses an option that it is given", curl_version());
    return SEALIFT_OK;
}

static CURLcode
transfer(CURL *easy)
{
    struct sigpipe sigpipe;
    CURLcode code;

    sigpipe_hold(&sigpipe);
    code = curl_easy_perform(easy);
    sigpipe_release(&sigpipe);
    return code;
}

enum sealift_status
http_perform(struct http_client *client, const struct http_request *request, struct http_answer *ret_answer,
             struct sealift_error *err)
{
    SCOPED(exchange_done) struct exchange exchange = {.client = client, .request = request, .err = err};
    long status = 0;
    CURLcode code;

    TRY(world_check_cancel(client->world, err));
    TRY(prepare(&exchange, err));
    code = transfer(exchange.easy);
    if (exchange.status != SEALIFT_OK)
        return http_failure_prefix(request->url, err);
    if (code != CURLE_OK)
        return http_failure(exchange.easy, code, request->url, exchange.detail, err);
    curl_easy_getinfo(exchange.easy, CURLINFO_RESPONSE_CODE, &status);
    exchange.answer.status = (int)status;
    http_answer_done(ret_answer);
    *ret_answer = exchange.answer;
    exchange.answer = (struct http_answer){0};
    return SEALIFT_OK;
}
