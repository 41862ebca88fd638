#include "tls_stream.h"

#include "fixture_tls_client.h"
#include "heap_search.h"
#include "scoped.h"
#include "scratch_folder.h"
#include "scripted_world.h"

#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

static struct scratch_folder scratch;

static void
set_up(void)
{
    tls_client_set_up();
    scratch_folder_make(&scratch);
}

static void
tear_down(void)
{
    scratch_folder_done(&scratch);
    tls_client_tear_down();
}

TestSuite(tls_identity, .init = set_up, .fini = tear_down, .timeout = 60);

#define PEER(...)                                                                                                      \
    tls_peer_start(&(struct tls_peer_options){                                                                         \
        .identity = &tls_pki.server, .client_ca = tls_pki.ca.certificate_file, __VA_ARGS__})

/* Nothing is sent before our own side is in order: there is no server. */
static void
expect_refused(const struct tls_stream_options *options, enum sealift_status status, const char *because)
{
    tls_expect_connect(options, status, because);
}

static const char *
write_file(const char *name, const char *text)
{
    const char *path = scratch_folder_at(&scratch, name);
    FILE *file = fopen(path, "w");

    cr_assert_not_null(file);
    fputs(text, file);
    cr_assert_eq(fclose(file), 0);
    return path;
}

static void
append_file(const char *from, const char *to)
{
    char text[8192];
    FILE *in = fopen(from, "r"), *out = fopen(to, "a");
    size_t len;

    cr_assert(in != NULL && out != NULL);
    len = fread(text, 1, sizeof(text), in);
    cr_assert_eq(fwrite(text, 1, len, out), len);
    fclose(in);
    cr_assert_eq(fclose(out), 0);
}

Test(tls_identity, refuses_an_expired_certificate_before_anything_is_sent)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.version = 0);
    struct test_identity old;
    struct tls_stream_options options;

    test_pki_add(&tls_pki, &(struct test_identity_options){.issuer = &tls_pki.ca, .begins_s = -7200, .ends_s = -3600},
                 &old);
    options = tls_usual_as(peer, &old);
    tls_expect_connect(&options, SEALIFT_DENIED, "our client certificate expired at 20");
    cr_assert_not_null(strstr(tls_err.message, old.certificate_file), "%s", tls_err.message);
    cr_assert_not_null(strstr(tls_err.message, "have it renewed by its CA"), "%s", tls_err.message);
    cr_assert_eq(tls_peer_accepted(peer), 0);
}

Test(tls_identity, refuses_a_certificate_that_is_not_valid_yet_before_anything_is_sent)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.version = 0);
    struct test_identity early;
    struct tls_stream_options options;

    test_pki_add(&tls_pki, &(struct test_identity_options){.issuer = &tls_pki.ca, .begins_s = 3600, .ends_s = 7200},
                 &early);
    options = tls_usual_as(peer, &early);
    tls_expect_connect(&options, SEALIFT_DENIED, "our client certificate is valid only from 20");
    cr_assert_not_null(strstr(tls_err.message, "correct the clock of this machine"), "%s", tls_err.message);
    cr_assert_eq(tls_peer_accepted(peer), 0);
}

Test(tls_identity, goes_by_the_clock_of_the_world)
{
    struct scripted_world scripted;
    struct tls_stream_options options = tls_usual(NULL);
    struct tls_stream *stream = NULL;

    scripted_world_init(&scripted, "2009-01-01T00:00:00Z");
    tls_expect(tls_stream_connect(&scripted.world, &options, &stream, &tls_err), SEALIFT_DENIED, "is valid only from");
    scripted_world_set_wall(&scripted, "2099-01-01T00:00:00Z");
    tls_expect(tls_stream_connect(&scripted.world, &options, &stream, &tls_err), SEALIFT_DENIED, "expired at");
}

Test(tls_identity, refuses_a_key_of_another_certificate)
{
    struct tls_stream_options options = tls_usual(NULL);

    options.client_key = tls_key(tls_pki.server.key_file);
    expect_refused(&options, SEALIFT_INVALID, "the key's file: this key is not that of the certificate in ");
    cr_assert_not_null(strstr(tls_err.message, tls_pki.client.certificate_file), "%s", tls_err.message);
}

Test(tls_identity, refuses_a_key_of_another_kind)
{
    EVP_PKEY *rsa = EVP_RSA_gen(2048);
    const char *path = scratch_folder_at(&scratch, "rsa.pem");
    FILE *file = fopen(path, "w");
    struct tls_stream_options options = tls_usual(NULL);

    cr_assert(rsa != NULL && file != NULL);
    cr_assert_eq(PEM_write_PKCS8PrivateKey(file, rsa, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
    EVP_PKEY_free(rsa);
    options.client_key = tls_key(path);
    expect_refused(&options, SEALIFT_INVALID, "this key is not that of the certificate");
}

static void
write_locked_traditional(const char *path)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *file = BIO_new_file(path, "w");

    cr_assert(key != NULL && file != NULL);
    cr_assert_eq(PEM_write_bio_PrivateKey_traditional(file, key, EVP_aes_128_cbc(), (const unsigned char *)"pass", 4,
                                                      NULL, NULL),
                 1);
    BIO_free(file);
    EVP_PKEY_free(key);
}

Test(tls_identity, asks_nobody_for_a_passphrase)
{
    struct tls_stream_options options = tls_usual(NULL);
    const char *traditional = scratch_folder_at(&scratch, "traditional.pem");
    char locked[128];

    test_pki_lock_key(&tls_pki, &tls_pki.client, "secret", locked);
    options.client_key = tls_key(locked);
    expect_refused(&options, SEALIFT_INVALID,
                   "the key's file: this key asks for a passphrase, which nobody is there to type: give it without");
    write_locked_traditional(traditional);
    options.client_key = tls_key(traditional);
    expect_refused(&options, SEALIFT_INVALID, "asks for a passphrase");
}

Test(tls_identity, refuses_what_holds_no_key)
{
    struct tls_stream_options options = tls_usual(NULL);
    static const char *const texts[] = {
        "-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nMHcCAQEE\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n",
        "hello\n",
    };

    options.client_key = tls_key(tls_pki.client.certificate_file);
    expect_refused(&options, SEALIFT_INVALID, "the key's file: holds no private key in PEM form");
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        options.client_key = tls_key(write_file("key", texts[i]));
        options.client_key_name = NULL;
        expect_refused(&options, SEALIFT_INVALID, "the client key: holds no private key in PEM form");
    }
}

Test(tls_identity, refuses_a_certificate_file_that_is_not_there_or_none)
{
    struct tls_stream_options options = tls_usual(NULL);

    options.client_certificate = scratch_folder_at(&scratch, "missing.pem");
    expect_refused(&options, SEALIFT_INVALID, "missing.pem: cannot open: No such file or directory");
    options.client_certificate = scratch.path;
    expect_refused(&options, SEALIFT_INVALID, ": cannot read: Is a directory");
    options.client_certificate = tls_pki.client.key_file;
    expect_refused(&options, SEALIFT_INVALID, ": holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)");
    options.client_certificate = write_file("empty.pem", "");
    expect_refused(&options, SEALIFT_INVALID, "empty.pem: holds no certificate in PEM form");
    options.client_certificate = "/dev/zero";
    expect_refused(&options, SEALIFT_INVALID, "/dev/zero: has more than 4194304 bytes");
}

Test(tls_identity, refuses_a_damaged_certificate_and_says_which)
{
    struct tls_stream_options options = tls_usual(NULL);

    options.client_certificate =
        write_file("one.pem", "-----BEGIN CERTIFICATE-----\nMIIBnonsense\n-----END CERTIFICATE-----\n");
    expect_refused(&options, SEALIFT_INVALID, "one.pem: certificate 1 in it is damaged");
    options.client_certificate = write_file("two.pem", "");
    append_file(tls_pki.client.certificate_file, options.client_certificate);
    append_file(scratch_folder_at(&scratch, "one.pem"), options.client_certificate);
    expect_refused(&options, SEALIFT_INVALID, "two.pem: certificate 2 in it is damaged");
    options.client_certificate =
        write_file("locked.pem", "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
                                 "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nAAAA\n"
                                 "-----END CERTIFICATE-----\n");
    expect_refused(&options, SEALIFT_INVALID, "locked.pem: certificate 1 in it is damaged");
}

Test(tls_identity, refuses_a_certificate_that_is_too_weak)
{
    struct test_identity weak;
    struct tls_stream_options options;

    test_pki_add(&tls_pki, &(struct test_identity_options){.issuer = &tls_pki.ca, .curve = "P-192"}, &weak);
    options = tls_usual_as(NULL, &weak);
    expect_refused(&options, SEALIFT_INVALID, "OpenSSL does not take this as a client certificate");
    cr_assert_not_null(strstr(tls_err.message, "ee key too small"), "%s", tls_err.message);
}

Test(tls_identity, takes_certificate_and_key_out_of_one_file)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.version = TLS1_3_VERSION);
    SCOPED(tls_stream_close) struct tls_stream *stream = NULL;
    struct tls_stream_options options = tls_usual(peer);

    options.client_certificate = write_file("both.pem", "Bag Attributes: <No Attributes>\n");
    append_file(tls_pki.client.certificate_file, options.client_certificate);
    append_file(tls_pki.client.key_file, options.client_certificate);
    options.client_key = tls_key(options.client_certificate);
    stream = tls_must_connect(&options);
    tls_must_echo(stream, "hello");
}

/* What it means that the server refuses us: with TLS 1.2 when connecting, with 1.3 when first reading. */
static void
expect_refusal(const struct tls_peer *peer, struct tls_stream_options options, const char *because)
{
    struct tls_stream *stream = NULL;
    uint8_t out[8];
    enum sealift_status status = tls_stream_connect(&tls_world, &options, &stream, &tls_err);

    (void)peer;
    if (status == SEALIFT_OK) {
        cr_assert_str_eq(tls_stream_protocol(stream), "TLSv1.3");
        status = tls_stream_read(stream, out, sizeof(out), LONG_NS, NULL, &tls_err);
    }
    tls_expect(status, SEALIFT_DENIED, because);
    tls_stream_close(&stream);
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

Test(tls_identity, says_that_the_server_does_not_know_the_ca)
{
    struct test_identity other_ca, stranger;

    test_pki_add(&tls_pki, &(struct test_identity_options){.common_name = "other CA", .authority = true}, &other_ca);
    test_pki_add(&tls_pki, &(struct test_identity_options){.issuer = &other_ca, .common_name = "mallory"}, &stranger);
    for (size_t i = 0; i < 2; i++) {
        SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.version = versions[i]);

        expect_refusal(peer, tls_usual_as(peer, &stranger),
                       "the server refuses our client certificate (CN = mallory; TLS alert 48, unknown CA): it does "
                       "not know the CA: have the server trust that CA");
    }
}

Test(tls_identity, puts_every_refusal_of_our_certificate_into_words)
{
    static const struct {
        int refusal;
        const char *words;
    } refusals[] = {
        {X509_V_ERR_CERT_HAS_EXPIRED, "(CN = alice; TLS alert 45, certificate expired): it takes it for expired"},
        {X509_V_ERR_CERT_REVOKED, "(CN = alice; TLS alert 44, certificate revoked): it has been revoked"},
        {X509_V_ERR_INVALID_PURPOSE, "(CN = alice; TLS alert 43, unsupported certificate): it is of a kind"},
        {X509_V_ERR_CERT_REJECTED, "(CN = alice; TLS alert 42, bad certificate): it finds it faulty"},
        {X509_V_ERR_APPLICATION_VERIFICATION, "(CN = alice; TLS alert 40, handshake failure): it accepts none"},
        {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "(CN = alice; TLS alert 48, unknown CA): it does not know the CA"},
        {X509_V_ERR_CERT_SIGNATURE_FAILURE, "(CN = alice; TLS alert 51, decrypt error): it accepts none"},
    };

    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        for (size_t j = 0; j < 2; j++) {
            SCOPED(tls_peer_stop)
            struct tls_peer *peer = PEER(.version = versions[j], .refusal = refusals[i].refusal);

            expect_refusal(peer, tls_usual(peer), refusals[i].words);
        }
    }
}

Test(tls_identity, says_that_the_server_wants_a_certificate)
{
    static const char *const words[] = {"(none; TLS alert 40, handshake failure): it accepts none",
                                        "(none; TLS alert 116, certificate required): it got none that it can use: "
                                        "name one with --client-cert and --client-key"};

    for (size_t i = 0; i < 2; i++) {
        SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.version = versions[i]);
        struct tls_stream_options options = tls_usual(peer);

        options.client_certificate = NULL;
        expect_refusal(peer, options, words[i]);
    }
}

/* TLS 1.3: the server has refused us and hung up before we say anything. */
Test(tls_identity, says_the_same_when_it_is_writing_that_meets_the_closed_connection)
{
    SCOPED(tls_peer_stop)
    struct tls_peer *peer = PEER(.version = TLS1_3_VERSION, .refusal = X509_V_ERR_CERT_REVOKED);
    struct tls_stream_options options = tls_usual(peer);
    SCOPED(tls_stream_close) struct tls_stream *stream = tls_must_connect(&options);
    enum sealift_status status = SEALIFT_OK;

    while (tls_peer_ended(peer) == 0)
        clock_system.sleep_ns(&clock_system, NS_PER_MS, NULL);
    for (int i = 0; i < 10000 && status == SEALIFT_OK; i++) /* the first ones are only on their way */
        status = tls_stream_write(stream, bytes_of_text("request"), LONG_NS, &tls_err);
    tls_expect(status, SEALIFT_DENIED, "(CN = alice; TLS alert 44, certificate revoked): it has been revoked");
}

Test(tls_identity, says_that_writing_met_a_closed_connection)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.version = TLS1_3_VERSION, .ending = TLS_PEER_RESET);
    struct tls_stream_options options = tls_usual(peer);
    SCOPED(tls_stream_close) struct tls_stream *stream = tls_must_connect(&options);
    enum sealift_status status = SEALIFT_OK;

    while (tls_peer_ended(peer) == 0)
        clock_system.sleep_ns(&clock_system, NS_PER_MS, NULL);
    for (int i = 0; i < 10000 && status == SEALIFT_OK; i++)
        status = tls_stream_write(stream, bytes_of_text("request"), LONG_NS, &tls_err);
    tls_expect(status, SEALIFT_UNAVAILABLE, "the connection ended (");
    cr_assert_not_null(strstr(tls_err.message, "some servers close without a word"), "%s", tls_err.message);
}

Test(tls_identity, shows_the_server_what_leads_to_its_ca)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.version = TLS1_3_VERSION);
    SCOPED(tls_stream_close) struct tls_stream *stream = NULL;
    struct test_identity between, whole, alone;
    struct tls_stream_options options;

    test_pki_add(&tls_pki,
                 &(struct test_identity_options){.issuer = &tls_pki.ca, .common_name = "between", .authority = true},
                 &between);
    test_pki_add(&tls_pki, &(struct test_identity_options){.issuer = &between}, &whole);
    test_pki_add(&tls_pki, &(struct test_identity_options){.issuer = &between, .without_chain = true}, &alone);
    options = tls_usual_as(peer, &whole);
    stream = tls_must_connect(&options);
    tls_must_echo(stream, "hello");
    expect_refusal(peer, tls_usual_as(peer, &alone), "followed in its file by the intermediate ones");
}

/* The third line of the key's file, each byte one higher. */
static void
copy_shifted_line(const char *path, char out[65])
{
    FILE *file = fopen(path, "r");
    char line[80] = "";

    cr_assert_not_null(file);
    for (int i = 0; i < 2; i++)
        cr_assert_not_null(fgets(line, sizeof(line), file));
    fclose(file);
    for (size_t i = 0; i < 64; i++)
        out[i] = (char)(line[i] + 1);
    out[64] = '\0';
    explicit_bzero(line, sizeof(line));
}

Test(tls_identity, leaves_nothing_of_the_key_in_memory)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = PEER(.version = TLS1_3_VERSION);
    struct tls_stream_options options = tls_usual(peer);
    struct tls_stream *stream;
    char shifted[65];
    SCOPED(buf_done) struct buf trace = {.wipe = true};

    copy_shifted_line(tls_pki.client.key_file, shifted);
    cr_assert_eq(buf_append(&trace, shifted, 64, &tls_err), SEALIFT_OK);
    for (size_t i = 0; i < 64; i++)
        trace.data[i]--;
    cr_assert_geq(heap_count_shifted(shifted), 1);
    buf_done(&trace);

    stream = tls_must_connect(&options);
    tls_must_echo(stream, "hello");
    tls_stream_close(&stream);
    cr_assert_eq(heap_count_shifted(shifted), 0);
}
