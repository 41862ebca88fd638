#include "http.h"

#include "heap_search.h"
#include "scoped.h"
#include "scripted_server.h"
#include "test_certificate.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sealift_error err;
static struct cancel cancel;
static const struct world world = {&clock_system, &entropy_system, &cancel, NULL};

static void
forget_proxies(void)
{
    unsetenv("http_proxy");
    unsetenv("https_proxy");
    unsetenv("all_proxy");
    unsetenv("ALL_PROXY");
    unsetenv("HTTPS_PROXY");
    unsetenv("SSL_CERT_FILE");
}

TestSuite(http, .init = forget_proxies, .timeout = 60);

static struct http_client *
new_client(const struct http_client_options *options)
{
    struct http_client *client = NULL;

    cr_assert_eq(http_client_new(&world, options, &client, &err), SEALIFT_OK, "%s", err.message);
    return client;
}

static struct http_client *
plain_client(void)
{
    return new_client(&(struct http_client_options){.low_speed_timeout_ns = NS_PER_S});
}

/* One exchange with a path of the server. */
static enum sealift_status
perform(struct http_client *client, struct scripted_server *server, const char *path, struct http_request request,
        struct http_answer *answer)
{
    char url[512];

    snprintf(url, sizeof(url), "%s%s", scripted_server_url(server), path);
    request.url = url;
    return http_perform(client, &request, answer, &err);
}

static void
assert_text(const struct http_answer *answer, const char *expected)
{
    cr_assert(bytes_equal(buf_bytes(&answer->text), bytes_of_text(expected)), "%.*s", (int)answer->text.len,
              (char *)answer->text.data);
}

#define STEPS(...) ((const struct scripted_step[]){__VA_ARGS__})
#define START(...)                                                                                                     \
    scripted_server_start(STEPS(__VA_ARGS__), sizeof(STEPS(__VA_ARGS__)) / sizeof(struct scripted_step), NULL)

Test(http, carries_a_request_as_it_is_given)
{
    SCOPED(scripted_server_stop)
    struct scripted_server *server = START({.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"});
    SCOPED(http_client_free) struct http_client *client = plain_client();
    SCOPED(http_answer_done) struct http_answer answer = {0};
    struct http_request request = {
        .method = "GET",
        .headers = {{"x-one", "1"}, {"x-empty", ""}},
        .header_count = 2,
        .secret_header = {"x-vault-token", "s.secret"},
    };

    cr_assert_eq(perform(client, server, "/a/../b//c%20d?x=%2F&y", request, &answer), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(answer.status, 200);
    assert_text(&answer, "hi");
    cr_assert(scripted_server_saw_line(server, 0, "GET /a/../b//c%20d?x=%2F&y HTTP/1.1"), "%s",
              scripted_server_head(server, 0));
    cr_assert_str_eq(scripted_server_saw_header(server, 0, "x-one"), "1");
    cr_assert_not_null(strstr(scripted_server_head(server, 0), "\r\nx-empty:\r\n"));
    cr_assert_str_eq(scripted_server_saw_header(server, 0, "x-vault-token"), "s.secret");
    cr_assert_eq(strncmp(scripted_server_saw_header(server, 0, "user-agent"), "sealift/", 8), 0);
}

Test(http, sends_bodies_without_waiting_to_be_asked)
{
    SCOPED(scripted_server_stop)
    struct scripted_server *server = START({.answer = "HTTP/1.1 204 No Content\r\n\r\n"});
    SCOPED(http_client_free) struct http_client *client = plain_client();
    SCOPED(http_answer_done) struct http_answer answer = {0};
    size_t len = (size_t)5 << 20;
    SCOPED(free_done) uint8_t *body = malloc(len);

    for (size_t i = 0; i < len; i++)
        body[i] = (uint8_t)(i * 7 + i / 256);
    cr_assert_eq(perform(client, server, "/k", (struct http_request){.method = "PUT", .body = {body, len}}, &answer),
                 SEALIFT_OK, "%s", err.message);
    cr_assert_eq(answer.status, 204);
    cr_assert_eq(scripted_server_body_len(server, 0), len);
    cr_assert_eq(memcmp(scripted_server_body(server, 0), body, len), 0);
    cr_assert_str_eq(scripted_server_saw_header(server, 0, "expect"), "");
    cr_assert_str_eq(scripted_server_saw_header(server, 0, "content-type"), "");
    cr_assert_str_eq(scripted_server_saw_header(server, 0, "transfer-encoding"), "");
}

Test(http, sends_the_length_of_an_empty_body)
{
    SCOPED(scripted_server_stop)
    struct scripted_server *server = START({.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"});
    SCOPED(http_client_free) struct http_client *client = plain_client();
    SCOPED(http_answer_done) struct http_answer answer = {0};

    cr_assert_eq(perform(client, server, "/k", (struct http_request){.method = "PUT"}, &answer), SEALIFT_OK);
    cr_assert(scripted_server_saw_line(server, 0, "PUT /k HTTP/1.1"));
    cr_assert_str_eq(scripted_server_saw_header(server, 0, "content-length"), "0");
}

Test(http, knows_every_method)
{
    static const char *const methods[] = {"GET", "DELETE", "LIST", "POST"};
    SCOPED(scripted_server_stop)
    struct scripted_server *server = START({.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
                                           {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
                                           {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
                                           {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
                                           {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 4711\r\n\r\n"});
    SCOPED(http_client_free) struct http_client *client = plain_client();
    SCOPED(http_answer_done) struct http_answer answer = {0};
    char length[32] = "";

    for (size_t i = 0; i < 4; i++) {
        char line[64];

        cr_assert_eq(perform(client, server, "/p", (struct http_request){.method = methods[i]}, &answer), SEALIFT_OK);
        snprintf(line, sizeof(line), "%s /p HTTP/1.1", methods[i]);
        cr_assert(scripted_server_saw_line(server, i, line), "%s", scripted_server_head(server, i));
    }
    cr_assert_eq(perform(client, server, "/p", (struct http_request){.method = "HEAD"}, &answer), SEALIFT_OK);
    cr_assert(http_answer_header(&answer, "content-length", length, sizeof(length)));
    cr_assert_str_eq(length, "4711");
}

Test(http, keeps_connections)
{
    SCOPED(scripted_server_stop)
    struct scripted_server *server = START({.answer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"},
                                           {.answer = "HTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\n2"},
                                           {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n3"});
    SCOPED(http_client_free) struct http_client *client = plain_client();
    SCOPED(http_answer_done) struct http_answer answer = {0};

    for (int i = 0; i < 3; i++)
        cr_assert_eq(perform(client, server, "/", (struct http_request){.method = "GET"}, &answer), SEALIFT_OK);
    assert_text(&answer, "3");
    cr_assert_eq(scripted_server_connections(server), 1);
}

Test(http, begins_anew_when_a_kept_connection_was_closed)
{
    SCOPED(scripted_server_stop)
    struct scripted_server *server =
        START({.answer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1", .ending = SCRIPTED_CLOSE},
              {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2"});
    SCOPED(http_client_free) struct http_client *client = plain_client();
    SCOPED(http_answer_done) struct http_answer answer = {0};
    const uint8_t body[] = {'x'};

    cr_assert_eq(perform(client, server, "/", (struct http_request){.method = "GET"}, &answer), SEALIFT_OK);
    usleep(20000);
    cr_assert_eq(perform(client, server, "/", (struct http_request){.method = "PUT", .body = BYTES_OF(body)}, &answer),
                 SEALIFT_OK, "%s", err.message);
    assert_text(&answer, "2");
    cr_assert_str_eq(scripted_server_body(server, 1), "x");
}

Test(http, reads_an_answer_into_the_callers_memory)
{
    SCOPED(scripted_server_stop)
    struct scripted_server *server =
        START({.answer = "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\nhello"});
    SCOPED(http_client_free) struct http_client *client = plain_client();
    SCOPED(http_answer_done) struct http_answer answer = {0};
    uint8_t out[6] = "......";
    struct http_request request = {.method = "GET", .body_out = out, .body_capacity = 5};

    cr_assert_eq(perform(client, server, "/", request, &answer), SEALIFT_OK);
    cr_assert_eq(answer.body_len, 5);
    cr_assert_eq(memcmp(out, "hello.", 6), 0);
    cr_assert_eq(answer.text.len, 0);
}

Test(http, keeps_the_text_of_a_refusal_apart_from_the_callers_memory)
{
    SCOPED(scripted_server_stop)
    struct scripted_server *server = START({.answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nforbidden"});
    SCOPED(http_client_free) struct http_client *client = plain_client();
    SCOPED(http_answer_done) struct http_answer answer = {0};
    uint8_t out[4] = "....";
    struct http_request request = {.method = "GET", .body_out = out, .body_capacity = 4};

    cr_assert_eq(perform(client, server, "/", request, &answer), SEALIFT_OK);
    cr_assert_eq(answer.status, 403);
    assert_text(&answer, "forbidden");
    cr_assert_eq(memcmp(out, "....", 4), 0);
}

Test(http, refuses_an_answer_longer_than_asked_for)
{
    SCOPED(scripted_server_stop)
    struct scripted_server *server = START({.answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
                                           {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
                                           {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"});
    SCOPED(http_client_free) struct http_client *client = plain_client();
    SCOPED(http_answer_done) struct http_answer answer = {0};
    uint8_t out[4];
    const char *text;

    cr_assert_eq(perform(client, server, "/",
                         (struct http_request){.method = "GET", .body_out = out, .body_capacity = 4}, &answer),
                 SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "more than the 4 bytes"), "%s", err.message);
    cr_assert_eq(strncmp(err.message, "127.0.0.1:", 10), 0, "%s", err.message);
    cr_assert_eq(perform(client, server, "/", (struct http_request){.method = "GET", .max_text = 4}, &answer),
                 SEALIFT_CORRUPT);
    cr_assert_eq(perform(client, server, "/", (struct http_request){.method = "GET", .max_text = 5}, &answer),
                 SEALIFT_OK);
    cr_assert_eq(buf_text(&answer.text, &text, &err), SEALIFT_OK);
    cr_assert_str_eq(text, "hello");
}

Test(http, gathers_chunks_and_slow_pieces)
{
    SCOPED(scripted_server_stop)
    struct scripted_server *server = START({.answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                                      "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
                                            .pause_ms = 5,
                                            .piece = 10});
    SCOPED(http_client_free) struct http_client *client = plain_client();
    SCOPED(http_answer_done) struct http_answer answer = {0};

    cr_assert_eq(perform(client, server, "/", (struct http_request){.method = "GET"}, &answer), SEALIFT_OK);
    assert_text(&answer, "abcdefg");
}

Test(http, reads_headers_in_lower_case_and_only_the_final_ones)
{
    SCOPED(scripted_server_stop)
    struct scripted_server *server = START(
        {.answer =
             "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n"
             "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-AMZ-Request-Id:  r 1 \r\nX-Empty:\r\nx-amz: other\r\n\r\n"});
    SCOPED(http_client_free) struct http_client *client = plain_client();
    SCOPED(http_answer_done) struct http_answer answer = {0};
    char value[32] = "untouched";
    char cut[3];

    cr_assert_eq(perform(client, server, "/", (struct http_request){.method = "GET"}, &answer), SEALIFT_OK);
    cr_assert_not(http_answer_header(&answer, "x-early", value, sizeof(value)));
    cr_assert_not(http_answer_header(&answer, "x-am", value, sizeof(value)));
    cr_assert_str_eq(value, "untouched");
    cr_assert(http_answer_header(&answer, "x-amz-request-id", value, sizeof(value)));
    cr_assert_str_eq(value, "r 1");
    cr_assert(http_answer_header(&answer, "x-amz-request-id", cut, sizeof(cut)));
    cr_assert_str_eq(cut, "r ");
    cr_assert(http_answer_header(&answer, "x-empty", value, sizeof(value)));
    cr_assert_str_eq(value, "");
}

Test(http, follows_no_redirect)
{
    SCOPED(scripted_server_stop)
    struct scripted_server *server =
        START({.answer = "HTTP/1.1 301 Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"});
    SCOPED(http_client_free) struct http_client *client = plain_client();
    SCOPED(http_answer_done) struct http_answer answer = {0};

    cr_assert_eq(perform(client, server, "/", (struct http_request){.method = "GET"}, &answer), SEALIFT_OK);
    cr_assert_eq(answer.status, 301);
    cr_assert_eq(scripted_server_requests(server), 1);
}

Test(http, refuses_line_breaks_in_header_values)
{
    SCOPED(scripted_server_stop) struct scripted_server *server = START({.answer = "HTTP/1.1 200 OK\r\n\r\n"});
    SCOPED(http_client_free) struct http_client *client = plain_client();
    SCOPED(http_answer_done) struct http_answer answer = {0};
    struct http_request request = {.method = "GET", .secret_header = {"x-vault-token", "secret\r\nx-evil: 1"}};

    cr_assert_eq(perform(client, server, "/", request, &answer), SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "x-vault-token"));
    cr_assert_null(strstr(err.message, "secret"));
    cr_assert_eq(scripted_server_requests(server), 0);
}

static void
assert_unavailable(const struct scripted_step *step, const char *because)
{
    SCOPED(scripted_server_stop) struct scripted_server *server = scripted_server_start(step, 1, NULL);
    SCOPED(http_client_free) struct http_client *client = plain_client();
    SCOPED(http_answer_done) struct http_answer answer = {.status = 7};

    cr_assert_eq(perform(client, server, "/?secret=1", (struct http_request){.method = "GET"}, &answer),
                 SEALIFT_UNAVAILABLE, "%s", err.message);
    cr_assert_eq(strncmp(err.message, "127.0.0.1:", 10), 0, "%s", err.message);
    cr_assert_not_null(strstr(err.message, because), "%s", err.message);
    cr_assert_null(strstr(err.message, "secret"), "%s", err.message);
    cr_assert_eq(answer.status, 7);
}

Test(http, says_that_an_answer_was_cut)
{
    assert_unavailable(
        &(struct scripted_step){.answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal", .ending = SCRIPTED_CLOSE},
        "6 bytes remaining");
    assert_unavailable(&(struct scripted_step){.ending = SCRIPTED_CLOSE}, "connection failed");
}

Test(http, gives_up_on_a_stall)
{
    assert_unavailable(
        &(struct scripted_step){.answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal", .ending = SCRIPTED_STALL},
        "stalled");
    assert_unavailable(&(struct scripted_step){.ending = SCRIPTED_STALL}, "stalled");
}

Test(http, bounds_the_whole_exchange)
{
    SCOPED(scripted_server_stop) struct scripted_server *server = START({.ending = SCRIPTED_STALL});
    SCOPED(http_client_free)
    struct http_client *client = new_client(&(struct http_client_options){.total_timeout_ns = 200 * NS_PER_MS});
    SCOPED(http_answer_done) struct http_answer answer = {0};
    int64_t begin = clock_system.mono_ns(&clock_system);

    cr_assert_eq(perform(client, server, "/", (struct http_request){.method = "GET"}, &answer), SEALIFT_UNAVAILABLE);
    cr_assert_lt(clock_system.mono_ns(&clock_system) - begin, 5 * NS_PER_S);
}

Test(http, bounds_one_exchange_more_narrowly_than_others)
{
    SCOPED(scripted_server_stop) struct scripted_server *server = START({.ending = SCRIPTED_STALL});
    SCOPED(http_client_free)
    struct http_client *client = new_client(&(struct http_client_options){.total_timeout_ns = 60 * NS_PER_S});
    SCOPED(http_answer_done) struct http_answer answer = {0};
    int64_t begin = clock_system.mono_ns(&clock_system);

    cr_assert_eq(
        perform(client, server, "/", (struct http_request){.method = "GET", .timeout_ns = 200 * NS_PER_MS}, &answer),
        SEALIFT_UNAVAILABLE);
    cr_assert_lt(clock_system.mono_ns(&clock_system) - begin, 5 * NS_PER_S);
}

Test(http, bounds_no_exchange_more_widely_than_the_client_says)
{
    SCOPED(scripted_server_stop) struct scripted_server *server = START({.ending = SCRIPTED_STALL});
    SCOPED(http_client_free)
    struct http_client *client = new_client(&(struct http_client_options){.total_timeout_ns = 200 * NS_PER_MS});
    SCOPED(http_answer_done) struct http_answer answer = {0};
    int64_t begin = clock_system.mono_ns(&clock_system);

    cr_assert_eq(perform(client, server, "/", (struct http_request){.method = "GET", .timeout_ns = INT64_MAX}, &answer),
                 SEALIFT_UNAVAILABLE);
    cr_assert_lt(clock_system.mono_ns(&clock_system) - begin, 5 * NS_PER_S);
}

static enum sealift_status
get(const struct http_client_options *options, const char *url)
{
    SCOPED(http_client_free) struct http_client *client = new_client(options);
    SCOPED(http_answer_done) struct http_answer answer = {0};

    return http_perform(client, &(struct http_request){.method = "GET", .url = url}, &answer, &err);
}

Test(http, names_the_host_that_refuses)
{
    SCOPED(scripted_server_stop) struct scripted_server *server = START({0});
    char url[64], expected[128];
    unsigned port = scripted_server_port(server);

    scripted_server_stop(&server); /* nobody listens there any more */
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/x?q", port);
    snprintf(expected, sizeof(expected), "127.0.0.1:%u: cannot connect: Connection refused", port);
    cr_assert_eq(get(&(struct http_client_options){0}, url), SEALIFT_UNAVAILABLE);
    cr_assert_str_eq(err.message, expected);
}

Test(http, uses_a_client_again_after_a_name_that_does_not_resolve)
{
    SCOPED(scripted_server_stop)
    struct scripted_server *server = START({.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"});
    SCOPED(http_client_free) struct http_client *client = plain_client();
    SCOPED(http_answer_done) struct http_answer answer = {0};
    struct http_request nowhere = {.method = "GET", .url = "http://no-such-host.invalid/"};

    cr_assert_eq(http_perform(client, &nowhere, &answer, &err), SEALIFT_UNAVAILABLE);
    cr_assert_not_null(strstr(err.message, "no-such-host.invalid: "), "%s", err.message);
    cr_assert_eq(perform(client, server, "/", (struct http_request){.method = "GET"}, &answer), SEALIFT_OK, "%s",
                 err.message);
}

Test(http, knows_when_the_other_side_is_not_http)
{
    SCOPED(scripted_server_stop)
    struct scripted_server *server = START({.answer = "220 mail.example.com ESMTP\r\n", .ending = SCRIPTED_CLOSE});

    cr_assert_eq(get(&(struct http_client_options){0}, scripted_server_url(server)), SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "not HTTP"), "%s", err.message);
}

static void *
cancel_soon(void *unused)
{
    (void)unused;
    usleep(100000);
    atomic_store(&cancel.asked, true);
    return NULL;
}

Test(http, stops_when_asked_to)
{
    SCOPED(scripted_server_stop) struct scripted_server *server = START({.ending = SCRIPTED_STALL});
    SCOPED(http_client_free)
    struct http_client *client = new_client(&(struct http_client_options){.low_speed_timeout_ns = 30 * NS_PER_S});
    SCOPED(http_answer_done) struct http_answer answer = {0};
    int64_t begin = clock_system.mono_ns(&clock_system);
    pthread_t thread;

    cr_assert_eq(pthread_create(&thread, NULL, cancel_soon, NULL), 0);
    cr_assert_eq(perform(client, server, "/", (struct http_request){.method = "GET"}, &answer), SEALIFT_CANCELLED);
    cr_assert_lt(clock_system.mono_ns(&clock_system) - begin, 10 * NS_PER_S);
    pthread_join(thread, NULL);
    cr_assert_eq(perform(client, server, "/", (struct http_request){.method = "GET"}, &answer), SEALIFT_CANCELLED);
}

Test(http, reads_dates)
{
    int64_t ns = 0;

    cr_assert(http_date_parse("Sun, 06 Nov 1994 08:49:37 GMT", &ns));
    cr_assert_eq(ns, 784111777 * NS_PER_S);
    cr_assert_not(http_date_parse("yesterday, perhaps", &ns));
}

/* --- Secrets --- */

static const char shifted_token[] = "ubmlfs.xijtqfs"; /* "talker-whisper" */

static void
write_token(char *out)
{
    for (size_t i = 0; shifted_token[i] != '\0'; i++)
        out[i] = (char)(shifted_token[i] - 1);
    out[sizeof(shifted_token) - 1] = '\0';
}

Test(http, leaves_no_trace_of_a_token)
{
    struct http_client *client = plain_client();
    struct http_answer answer = {0};
    char token[32], text[4096], url[64]; /* on the stack, where nobody looks */
    const struct scripted_step step = {.answer = text};
    struct http_request request = {.method = "GET", .url = url, .secret_header = {"x-vault-token", token}};
    unsigned port;
    pid_t server;

    write_token(token);
    snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: 2014\r\n\r\n%02000d%s", 0, token);
    server = scripted_server_fork(&step, 1, &port);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/", port);
    cr_assert_eq(http_perform(client, &request, &answer, &err), SEALIFT_OK, "%s", err.message);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    cr_assert_gt(heap_count_shifted(shifted_token), 0, "the search finds what is there");
    http_answer_done(&answer);
    cr_assert_eq(heap_count_shifted(shifted_token), 0);
    http_client_free(&client);
    cr_assert_eq(heap_count_shifted(shifted_token), 0);
}

/* --- TLS --- */

struct tls_server {
    struct test_certificate certificate;
    struct scripted_server *server;
};

static struct tls_server
start_tls(const char *names, long seconds, const struct scripted_step *step)
{
    struct tls_server tls = {0};

    test_certificate_make(names, seconds, &tls.certificate);
    tls.server = scripted_server_start(
        step, 1, &(struct scripted_tls){tls.certificate.certificate_file, tls.certificate.key_file});
    return tls;
}

static void
tls_server_done(struct tls_server *tls)
{
    scripted_server_stop(&tls->server);
    test_certificate_remove(&tls->certificate);
}

static const struct scripted_step yes = {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};

Test(http, trusts_the_ca_that_it_is_given)
{
    SCOPED(tls_server_done) struct tls_server tls = start_tls("IP:127.0.0.1", 3600, &yes);

    cr_assert_eq(get(&(struct http_client_options){.ca_file = tls.certificate.certificate_file},
                     scripted_server_url(tls.server)),
                 SEALIFT_OK, "%s", err.message);
}

Test(http, hears_ssl_cert_file)
{
    SCOPED(tls_server_done) struct tls_server tls = start_tls("IP:127.0.0.1", 3600, &yes);

    setenv("SSL_CERT_FILE", tls.certificate.certificate_file, 1);
    cr_assert_eq(get(&(struct http_client_options){0}, scripted_server_url(tls.server)), SEALIFT_OK, "%s", err.message);
}

Test(http, trusts_no_certificate_from_nowhere)
{
    SCOPED(tls_server_done) struct tls_server tls = start_tls("IP:127.0.0.1", 3600, &yes);

    cr_assert_eq(get(&(struct http_client_options){0}, scripted_server_url(tls.server)), SEALIFT_DENIED);
    cr_assert_not_null(strstr(err.message, "is not trusted"), "%s", err.message);
    cr_assert_not_null(strstr(err.message, "--ca-cert"), "%s", err.message);
}

Test(http, refuses_a_certificate_for_another_name)
{
    SCOPED(tls_server_done) struct tls_server tls = start_tls("DNS:other.example.com", 3600, &yes);

    cr_assert_eq(get(&(struct http_client_options){.ca_file = tls.certificate.certificate_file},
                     scripted_server_url(tls.server)),
                 SEALIFT_DENIED);
    cr_assert_not_null(strstr(err.message, "does not match"), "%s", err.message);
}

Test(http, refuses_an_expired_certificate)
{
    SCOPED(tls_server_done) struct tls_server tls = start_tls("IP:127.0.0.1", -3600, &yes);

    cr_assert_eq(get(&(struct http_client_options){.ca_file = tls.certificate.certificate_file},
                     scripted_server_url(tls.server)),
                 SEALIFT_DENIED);
    cr_assert_not_null(strstr(err.message, "not valid today"), "%s", err.message);
}

Test(http, says_that_the_ca_file_is_none)
{
    SCOPED(tls_server_done) struct tls_server tls = start_tls("IP:127.0.0.1", 3600, &yes);

    cr_assert_eq(get(&(struct http_client_options){.ca_file = "/nonexistent.pem"}, scripted_server_url(tls.server)),
                 SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "CA file"), "%s", err.message);
}

Test(http, knows_when_the_other_side_is_not_tls)
{
    SCOPED(scripted_server_stop)
    struct scripted_server *server =
        START({.answer = "HTTP/1.1 400 Bad Request\r\n\r\n", .impatient = 1, .ending = SCRIPTED_CLOSE});
    char url[64];

    snprintf(url, sizeof(url), "https://127.0.0.1:%u/", scripted_server_port(server));
    cr_assert_eq(get(&(struct http_client_options){0}, url), SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "does not speak TLS"), "%s", err.message);
}

Test(http, survives_a_server_that_leaves_in_mid_upload)
{
    SCOPED(tls_server_done)
    struct tls_server tls =
        start_tls("IP:127.0.0.1", 3600, &(struct scripted_step){.impatient = 100000, .ending = SCRIPTED_CLOSE});
    SCOPED(http_client_free)
    struct http_client *client = new_client(&(struct http_client_options){.ca_file = tls.certificate.certificate_file});
    SCOPED(http_answer_done) struct http_answer answer = {0};
    size_t len = (size_t)32 << 20;
    SCOPED(free_done) uint8_t *body = calloc(1, len);
    struct http_request request = {.method = "PUT", .body = {body, len}};

    cr_assert_eq(perform(client, tls.server, "/", request, &answer), SEALIFT_UNAVAILABLE, "%s", err.message);
}
