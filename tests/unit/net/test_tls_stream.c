#include "tls_stream.h"

#include "fixture_tls_client.h"
#include "heap_search.h"
#include "scoped.h"
#include "scripted_world.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(tls_stream, .init = tls_client_set_up, .fini = tls_client_tear_down, .timeout = 60);

/* Mutual TLS, as a KMIP server has it; what follows is up to the test. */
#define PEER(...)                                                                                                      \
    tls_peer_start(&(struct tls_peer_options){                                                                         \
        .identity = &tls_pki.server, .client_ca = tls_pki.ca.certificate_file, __VA_ARGS__})

static void
assert_speaks(int version, const char *protocol)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.version = version);
    struct tls_stream_options options = tls_usual(peer);
    SCOPED(tls_stream_close) struct tls_stream *stream = tls_must_connect(&options);

    cr_assert_str_eq(tls_stream_protocol(stream), protocol);
    tls_must_echo(stream, "request");
    tls_must_echo(stream, "and another");
}

Test(tls_stream, carries_bytes_both_ways_with_tls_1_2_and_1_3)
{
    assert_speaks(TLS1_2_VERSION, "TLSv1.2");
    assert_speaks(TLS1_3_VERSION, "TLSv1.3");
    assert_speaks(0, "TLSv1.3");
}

Test(tls_stream, carries_much_in_both_directions)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.version = TLS1_3_VERSION);
    struct tls_stream_options options = tls_usual(peer);
    SCOPED(tls_stream_close) struct tls_stream *stream = tls_must_connect(&options);
    size_t len = 100003;
    SCOPED(free_done) uint8_t *out = malloc(len), *back = calloc(1, len);

    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(i * 7 + i / 256);
    cr_assert_eq(tls_stream_write(stream, (struct bytes){out, len}, LONG_NS, &tls_err), SEALIFT_OK, "%s",
                 tls_err.message);
    cr_assert_eq(tls_stream_read(stream, back, len, LONG_NS, NULL, &tls_err), SEALIFT_OK, "%s", tls_err.message);
    cr_assert_eq(memcmp(out, back, len), 0);
}

Test(tls_stream, takes_nothing_as_nothing)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.ending = TLS_PEER_STALL);
    struct tls_stream_options options = tls_usual(peer);
    SCOPED(tls_stream_close) struct tls_stream *stream = tls_must_connect(&options);
    size_t got = 4711;

    cr_assert_eq(tls_stream_write(stream, (struct bytes){NULL, 0}, SHORT_NS, &tls_err), SEALIFT_OK);
    cr_assert_eq(tls_stream_read(stream, NULL, 0, SHORT_NS, &got, &tls_err), SEALIFT_OK);
    cr_assert_eq(got, 0);
}

Test(tls_stream, reaches_ipv6_addresses)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.ipv6 = true);
    SCOPED(tls_stream_close) struct tls_stream *stream = NULL;
    struct tls_stream_options options;

    if (peer == NULL)
        cr_skip_test("this machine has no ::1");
    options = tls_usual(peer);
    strcpy(options.endpoint.host, "::1");
    stream = tls_must_connect(&options);
    tls_must_echo(stream, "hello");
}

Test(tls_stream, says_goodbye)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.version = TLS1_3_VERSION);
    struct tls_stream_options options = tls_usual(peer);
    struct tls_stream *stream = tls_must_connect(&options);

    tls_must_echo(stream, "hello");
    tls_stream_close(&stream);
    cr_assert_null(stream);
    tls_stream_close(&stream);
    while (tls_peer_ended(peer) == 0)
        clock_system.sleep_ns(&clock_system, NS_PER_MS, NULL);
    cr_assert_eq(tls_peer_farewells(peer), 1);
}

Test(tls_stream, tells_when_our_certificate_ends)
{
    struct test_identity identity;
    SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.version = 0);
    SCOPED(tls_stream_close) struct tls_stream *stream = NULL;
    struct tls_stream_options options;
    int64_t now_ns = clock_system.wall_ns(&clock_system), ends_ns;

    test_pki_add(&tls_pki, &(struct test_identity_options){.issuer = &tls_pki.ca, .begins_s = -60, .ends_s = 3600},
                 &identity);
    options = tls_usual_as(peer, &identity);
    stream = tls_must_connect(&options);
    ends_ns = tls_stream_certificate_ends(stream);
    cr_assert(ends_ns > now_ns + 3590 * NS_PER_S && ends_ns < now_ns + 3660 * NS_PER_S);
}

Test(tls_stream, takes_answers_that_dribble)
{
    SCOPED(tls_peer_stop)
    struct tls_peer *peer = PEER(.answer = "one byte after another", .piece = 1, .pause_ms = 2);
    struct tls_stream_options options = tls_usual(peer);
    SCOPED(tls_stream_close) struct tls_stream *stream = tls_must_connect(&options);
    char out[23] = "";

    cr_assert_eq(tls_stream_read(stream, (uint8_t *)out, 22, LONG_NS, NULL, &tls_err), SEALIFT_OK, "%s",
                 tls_err.message);
    cr_assert_str_eq(out, "one byte after another");
}

Test(tls_stream, follows_when_the_server_changes_its_keys)
{
    SCOPED(tls_peer_stop)
    struct tls_peer *peer = PEER(.version = TLS1_3_VERSION, .reads = 7, .answer = "answer", .new_keys = true);
    struct tls_stream_options options = tls_usual(peer);
    SCOPED(tls_stream_close) struct tls_stream *stream = tls_must_connect(&options);
    char out[7] = "";

    cr_assert_eq(tls_stream_write(stream, bytes_of_text("request"), LONG_NS, &tls_err), SEALIFT_OK);
    cr_assert_eq(tls_stream_read(stream, (uint8_t *)out, 6, LONG_NS, NULL, &tls_err), SEALIFT_OK, "%s",
                 tls_err.message);
    cr_assert_str_eq(out, "answer");
    tls_must_echo(stream, "and on");
}

static void
say_a_secret(struct tls_stream *stream, const char *shifted)
{
    char secret[64] = "";

    for (size_t i = 0; shifted[i] != '\0'; i++)
        secret[i] = (char)(shifted[i] - 1);
    tls_must_echo(stream, secret);
    explicit_bzero(secret, sizeof(secret));
}

Test(tls_stream, leaves_nothing_of_what_was_said_in_memory)
{
    static const char shifted[] = "uif!lfz!uibu!xsbqt!uif!lfz"; /* "the key that ..." */
    SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.version = TLS1_3_VERSION);
    struct tls_stream_options options = tls_usual(peer);
    struct tls_stream *stream = tls_must_connect(&options);
    SCOPED(buf_done) struct buf trace = {.wipe = true};

    cr_assert_eq(buf_append(&trace, shifted, strlen(shifted), &tls_err), SEALIFT_OK);
    for (size_t i = 0; i < trace.len; i++)
        trace.data[i]--;
    cr_assert_geq(heap_count_shifted(shifted), 1);
    buf_done(&trace);

    say_a_secret(stream, shifted);
    cr_assert_eq(heap_count_shifted(shifted), 0);
    tls_stream_close(&stream);
    cr_assert_eq(heap_count_shifted(shifted), 0);
}

/* What is said later than this is the deadline's doing; the machine may be busy. */
static void
assert_was_late(int64_t began_ns)
{
    int64_t took_ns = tls_now_ns() - began_ns;

    cr_assert_geq(took_ns, SHORT_NS);
    cr_assert_lt(took_ns, 10 * NS_PER_S);
}

static void
must_read_one(struct tls_stream *stream, char expected)
{
    uint8_t byte = 0;

    cr_assert_eq(tls_stream_read(stream, &byte, 1, LONG_NS, NULL, &tls_err), SEALIFT_OK, "%s", tls_err.message);
    cr_assert_eq(byte, (uint8_t)expected);
}

static void
assert_late_handshake(const struct tls_peer_options *behaviour)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = tls_peer_start(behaviour);
    struct tls_stream_options options = tls_usual(peer);
    int64_t began_ns = tls_now_ns();

    options.handshake_timeout_ns = SHORT_NS;
    tls_expect_connect(&options, SEALIFT_UNAVAILABLE, "connected, but the TLS handshake was not done in time");
    assert_was_late(began_ns);
}

Test(tls_stream, gives_up_a_handshake_that_stalls)
{
    assert_late_handshake(&(struct tls_peer_options){.ending = TLS_PEER_STALL});
    for (size_t bytes = 1; bytes < 300; bytes += 97)
        assert_late_handshake(&(struct tls_peer_options){
            .identity = &tls_pki.server, .handshake_bytes = bytes, .ending = TLS_PEER_STALL});
    assert_late_handshake(&(struct tls_peer_options){.answer = "\x16\x03\x03", .ending = TLS_PEER_STALL});
}

/* OpenSSL passes over a HelloRequest and reads on, as long as something comes. */
Test(tls_stream, gives_up_a_handshake_in_which_a_server_babbles)
{
    static char babble[9 * 4096];

    for (size_t i = 0; i < sizeof(babble); i += 9)
        memcpy(babble + i, "\x16\x03\x03\x00\x04\x00\x00\x00\x00", 9);
    assert_late_handshake(&(struct tls_peer_options){.answer = babble, .answer_len = sizeof(babble), .forever = true});
}

Test(tls_stream, gives_up_waiting_for_an_answer)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.ending = TLS_PEER_STALL);
    struct tls_stream_options options = tls_usual(peer);
    SCOPED(tls_stream_close) struct tls_stream *stream = tls_must_connect(&options);
    uint8_t out[8];
    size_t got = 4711;
    int64_t began_ns = tls_now_ns();

    tls_expect(tls_stream_read(stream, out, sizeof(out), SHORT_NS, &got, &tls_err), SEALIFT_UNAVAILABLE,
               "the server did not answer in time");
    assert_was_late(began_ns);
    cr_assert_eq(got, 0);
}

Test(tls_stream, gives_up_an_answer_that_stalls_and_tells_how_much_had_come)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.answer = "hello", .ending = TLS_PEER_STALL);
    struct tls_stream_options options = tls_usual(peer);
    SCOPED(tls_stream_close) struct tls_stream *stream = tls_must_connect(&options);
    uint8_t out[8];
    size_t got = 0;

    must_read_one(stream, 'h'); /* what comes in one record is here now */
    tls_expect(tls_stream_read(stream, out, sizeof(out), SHORT_NS, &got, &tls_err), SEALIFT_UNAVAILABLE,
               "4 of 8 bytes had come");
    cr_assert_eq(got, 4);
}

/* Each byte in time is not enough: the deadline is that of the whole. */
Test(tls_stream, gives_up_an_answer_that_dribbles_for_too_long)
{
    SCOPED(tls_peer_stop)
    struct tls_peer *peer = PEER(.answer = "0123456789", .piece = 1, .pause_ms = 20, .forever = true);
    struct tls_stream_options options = tls_usual(peer);
    SCOPED(tls_stream_close) struct tls_stream *stream = tls_must_connect(&options);
    uint8_t out[4096]; /* more than a minute's worth */
    size_t got = 0;
    int64_t began_ns = tls_now_ns();

    tls_expect(tls_stream_read(stream, out, sizeof(out), SHORT_NS, &got, &tls_err), SEALIFT_UNAVAILABLE,
               "did not answer in time");
    assert_was_late(began_ns);
    cr_assert_lt(got, sizeof(out));
}

Test(tls_stream, gives_up_writing_to_a_server_that_does_not_read)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.ending = TLS_PEER_STALL);
    struct tls_stream_options options = tls_usual(peer);
    SCOPED(tls_stream_close) struct tls_stream *stream = tls_must_connect(&options);
    size_t len = (size_t)64 << 20;
    SCOPED(free_done) uint8_t *much = calloc(1, len);
    int64_t began_ns = tls_now_ns();

    cr_assert_not_null(much);
    tls_expect(tls_stream_write(stream, (struct bytes){much, len}, SHORT_NS, &tls_err), SEALIFT_UNAVAILABLE,
               "did not take in time what was sent to it");
    assert_was_late(began_ns);
}

static void
assert_cut(enum tls_peer_ending ending, const char *because)
{
    SCOPED(tls_peer_stop)
    struct tls_peer *peer = PEER(.version = TLS1_3_VERSION, .reads = 7, .answer = "half", .ending = ending);
    struct tls_stream_options options = tls_usual(peer);
    SCOPED(tls_stream_close) struct tls_stream *stream = tls_must_connect(&options);
    uint8_t out[8];
    size_t got = 0;

    cr_assert_eq(tls_stream_write(stream, bytes_of_text("request"), LONG_NS, &tls_err), SEALIFT_OK);
    tls_expect(tls_stream_read(stream, out, sizeof(out), LONG_NS, &got, &tls_err), SEALIFT_UNAVAILABLE, because);
    cr_assert_not_null(strstr(tls_err.message, "4 of 8 bytes had come"), "%s", tls_err.message);
    cr_assert_null(strstr(tls_err.message, "client certificate"), "%s", tls_err.message);
    cr_assert_eq(got, 4);
    cr_assert_eq(memcmp(out, "half", 4), 0);
    tls_expect(tls_stream_read(stream, out, sizeof(out), SHORT_NS, &got, &tls_err), SEALIFT_UNAVAILABLE, "");
}

Test(tls_stream, tells_that_an_answer_was_cut_off)
{
    assert_cut(TLS_PEER_CLOSE, "the connection ended (closed by the server)");
    assert_cut(TLS_PEER_CUT, "the connection ended (closed by the server)");
}

/* An RST may overtake what came before it: how much had come is not asked. */
Test(tls_stream, tells_that_a_connection_was_reset)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.reads = 7, .ending = TLS_PEER_RESET);
    struct tls_stream_options options = tls_usual(peer);
    SCOPED(tls_stream_close) struct tls_stream *stream = tls_must_connect(&options);
    uint8_t out[8];

    cr_assert_eq(tls_stream_write(stream, bytes_of_text("request"), LONG_NS, &tls_err), SEALIFT_OK);
    tls_expect(tls_stream_read(stream, out, sizeof(out), LONG_NS, NULL, &tls_err), SEALIFT_UNAVAILABLE,
               "the connection ended (Connection reset by peer)");
}

/* Some servers take a client without a certificate through the handshake, and hang up on its first request. */
Test(tls_stream, names_the_certificate_as_a_reason_when_the_first_request_is_not_answered)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.takes_any = true, .reads = 7, .ending = TLS_PEER_CUT);
    struct tls_stream_options options = tls_usual(peer);
    SCOPED(tls_stream_close) struct tls_stream *stream = NULL;
    uint8_t out[8];

    options.client_certificate = NULL;
    stream = tls_must_connect(&options);
    cr_assert_eq(tls_stream_certificate_ends(stream), 0);
    cr_assert_eq(tls_stream_write(stream, bytes_of_text("request"), LONG_NS, &tls_err), SEALIFT_OK);
    tls_expect(tls_stream_read(stream, out, sizeof(out), LONG_NS, NULL, &tls_err), SEALIFT_UNAVAILABLE,
               "some servers close without a word when they do not accept the client certificate");
}

Test(tls_stream, does_not_doubt_a_certificate_that_nobody_asked_for)
{
    SCOPED(tls_peer_stop)
    struct tls_peer *peer =
        tls_peer_start(&(struct tls_peer_options){.identity = &tls_pki.server, .reads = 7, .ending = TLS_PEER_CUT});
    struct tls_stream_options options = tls_usual(peer);
    SCOPED(tls_stream_close) struct tls_stream *stream = tls_must_connect(&options);
    uint8_t out[8];

    cr_assert_eq(tls_stream_write(stream, bytes_of_text("request"), LONG_NS, &tls_err), SEALIFT_OK);
    tls_expect(tls_stream_read(stream, out, sizeof(out), LONG_NS, NULL, &tls_err), SEALIFT_UNAVAILABLE,
               "the connection ended (closed by the server)");
    cr_assert_null(strstr(tls_err.message, "client certificate"), "%s", tls_err.message);
}

Test(tls_stream, tells_that_a_handshake_was_cut_off)
{
    for (size_t bytes = 1; bytes < 200; bytes += 60) {
        SCOPED(tls_peer_stop)
        struct tls_peer *peer = PEER(.handshake_bytes = bytes, .ending = TLS_PEER_CUT);
        struct tls_stream_options options = tls_usual(peer);

        tls_expect_connect(&options, SEALIFT_UNAVAILABLE, "the connection ended ");
    }
}

/* What is not TLS, and the beginnings of old TLS. */
static void
assert_no_tls(const char *answer, size_t len, enum sealift_status status, const char *because)
{
    SCOPED(tls_peer_stop)
    struct tls_peer *peer = tls_peer_start(&(struct tls_peer_options){.reads = 1, .answer = answer, .answer_len = len});
    struct tls_stream_options options = tls_usual(peer);

    tls_expect_connect(&options, status, because);
}

Test(tls_stream, notices_a_port_where_no_tls_is_spoken)
{
    assert_no_tls("HTTP/1.1 400 Bad Request\r\n\r\n", 0, SEALIFT_INVALID, "the server does not speak TLS there");
    assert_no_tls("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", 0, SEALIFT_INVALID, "the server does not speak TLS there");
    assert_no_tls("220 mail.example.com ESMTP\r\n", 0, SEALIFT_INVALID, "the server does not speak TLS there");
    assert_no_tls("B\0{\1\0\0\0\230B\0z\1\0\0\0H", 16, SEALIFT_INVALID, "the server does not speak TLS there");
}

Test(tls_stream, asks_for_the_port_when_a_server_hangs_up_at_once)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = tls_peer_start(&(struct tls_peer_options){.ending = TLS_PEER_CUT});
    struct tls_stream_options options = tls_usual(peer);

    tls_expect_connect(&options, SEALIFT_UNAVAILABLE, "is this a port where TLS is spoken?");
}

Test(tls_stream, needs_tls_1_2)
{
    static const char server_hello[] = "\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01"
                                       "0123456789abcdef0123456789abcdef\x00\x00\x2f\x00";
    SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.version = TLS1_1_VERSION, .weak = true);
    struct tls_stream_options options = tls_usual(peer);

    tls_expect_connect(&options, SEALIFT_INVALID, "no version of TLS in common: sealift needs 1.2 or 1.3");
    assert_no_tls(server_hello, sizeof(server_hello) - 1, SEALIFT_INVALID, "no version of TLS in common");
}

Test(tls_stream, needs_a_cipher_in_common)
{
    SCOPED(tls_peer_stop)
    struct tls_peer *peer = PEER(.version = TLS1_2_VERSION, .ciphers = "ECDHE-RSA-AES128-GCM-SHA256");
    struct tls_stream_options options = tls_usual(peer);

    tls_expect_connect(&options, SEALIFT_INVALID, "no TLS cipher in common");
}

/* A ServerHello of TLS 1.2 without RFC 5746. */
Test(tls_stream, refuses_a_server_that_is_weaker_than_this_machine_allows)
{
    static const char server_hello[] = "\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03"
                                       "0123456789abcdef0123456789abcdef\x00\xc0\x2b\x00";

    assert_no_tls(server_hello, sizeof(server_hello) - 1, SEALIFT_INVALID,
                  "weaker than OpenSSL allows on this machine");
}

Test(tls_stream, says_that_nobody_listens)
{
    struct tls_stream_options options = tls_usual(NULL);
    SCOPED(fd_done) int deaf = tls_peer_deaf_port(options.endpoint.port);

    cr_assert_geq(deaf, 0);
    tls_expect_connect(&options, SEALIFT_UNAVAILABLE,
                       "cannot connect (127.0.0.1: Connection refused): is the server running, and the port right?");
}

Test(tls_stream, gives_up_connecting)
{
    SCOPED(tls_peer_backlog_done) struct tls_peer_backlog backlog;
    struct tls_stream_options options = tls_usual(NULL);
    int64_t began_ns;

    tls_peer_fill_backlog(&backlog);
    strcpy(options.endpoint.port, backlog.port);
    options.connect_timeout_ns = SHORT_NS;
    began_ns = tls_now_ns();
    tls_expect_connect(&options, SEALIFT_UNAVAILABLE,
                       "no connection in time (127.0.0.1: Connection timed out): is the address right, and does a "
                       "firewall let it through?");
    assert_was_late(began_ns);
}

static void
assert_cancelled(enum sealift_status status)
{
    int64_t ended_ns = tls_now_ns();

    cr_assert_lt(ended_ns - tls_cancel_join(), NS_PER_S);
    tls_expect(status, SEALIFT_CANCELLED, "stopped on request");
}

static void
assert_connecting_is_cancelled(const struct tls_stream_options *options)
{
    struct tls_stream *stream = NULL;

    tls_cancel_soon();
    assert_cancelled(tls_stream_connect(&tls_world, options, &stream, &tls_err));
    cr_assert_null(stream);
}

Test(tls_stream, stops_connecting_on_request)
{
    SCOPED(tls_peer_backlog_done) struct tls_peer_backlog backlog;
    struct tls_stream_options options = tls_usual(NULL);

    tls_peer_fill_backlog(&backlog);
    strcpy(options.endpoint.port, backlog.port);
    assert_connecting_is_cancelled(&options);
}

Test(tls_stream, stops_a_handshake_on_request)
{
    SCOPED(tls_peer_stop)
    struct tls_peer *silent = tls_peer_start(&(struct tls_peer_options){.ending = TLS_PEER_STALL});
    SCOPED(tls_peer_stop) struct tls_peer *half = PEER(.handshake_bytes = 50, .ending = TLS_PEER_STALL);
    struct tls_stream_options options = tls_usual(silent);

    assert_connecting_is_cancelled(&options);
    options = tls_usual(half);
    assert_connecting_is_cancelled(&options);
}

Test(tls_stream, stops_reading_and_writing_on_request)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.answer = "half", .ending = TLS_PEER_STALL);
    struct tls_stream_options options = tls_usual(peer);
    SCOPED(tls_stream_close) struct tls_stream *reader = tls_must_connect(&options);
    SCOPED(tls_stream_close) struct tls_stream *writer = tls_must_connect(&options);
    size_t len = (size_t)64 << 20, got;
    SCOPED(free_done) uint8_t *much = calloc(1, len);

    cr_assert_not_null(much);
    must_read_one(reader, 'h');
    tls_cancel_soon();
    assert_cancelled(tls_stream_read(reader, much, 8, LONG_NS, &got, &tls_err));
    cr_assert_eq(got, 3);
    tls_cancel_soon();
    assert_cancelled(tls_stream_write(writer, (struct bytes){much, len}, LONG_NS, &tls_err));
}

Test(tls_stream, does_not_begin_when_it_is_to_stop)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.ending = TLS_PEER_STALL);
    struct tls_stream_options options = tls_usual(peer);

    atomic_store(&tls_cancel.asked, true);
    tls_expect_connect(&options, SEALIFT_CANCELLED, "stopped on request");
    cr_assert_eq(tls_peer_accepted(peer), 0);
}

static size_t
count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;

    cr_assert_not_null(folder);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static void
connect_well_and_badly(void)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.ending = TLS_PEER_STALL);
    SCOPED(tls_peer_stop)
    struct tls_peer *silent = tls_peer_start(&(struct tls_peer_options){.ending = TLS_PEER_STALL});
    struct tls_stream_options good = tls_usual(peer), late = tls_usual(silent), misnamed = good;

    late.handshake_timeout_ns = 10 * NS_PER_MS;
    strcpy(misnamed.endpoint.host, "localhost");
    misnamed.server_name = "another.example.com";
    for (int i = 0; i < 10; i++) {
        struct tls_stream *stream = tls_must_connect(&good);

        tls_stream_close(&stream);
        tls_expect_connect(&late, SEALIFT_UNAVAILABLE, "not done in time");
        tls_expect_connect(&misnamed, SEALIFT_DENIED, "is not for another.example.com");
    }
}

Test(tls_stream, keeps_no_descriptor)
{
    size_t before, after;

    connect_well_and_badly(); /* the first time some are opened for good: randomness, the resolver's */
    before = count_descriptors();
    connect_well_and_badly();
    after = count_descriptors();
    /* A thread that looked up a name may be about to let go of its own. */
    for (int i = 0; i < 1000 && after != before; i++) {
        clock_system.sleep_ns(&clock_system, 10 * NS_PER_MS, NULL);
        after = count_descriptors();
    }
    cr_assert_eq(after, before, "%zu, then %zu", before, after);
}
