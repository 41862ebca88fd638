#include "tls_stream.h"

#include "fixture_tls_client.h"
#include "scoped.h"
#include "scratch_folder.h"
#include "scripted_world.h"

#include <criterion/criterion.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(tls_trust, .init = tls_client_set_up, .fini = tls_client_tear_down, .timeout = 60);

/* A server with a certificate of its own. */
static struct tls_peer *
start(const struct test_identity *identity)
{
    return tls_peer_start(&(struct tls_peer_options){.identity = identity, .weak = true});
}

static struct test_identity
add(struct test_identity_options options)
{
    struct test_identity identity;

    if (options.issuer == NULL && !options.authority)
        options.issuer = &tls_pki.ca;
    if (options.names == NULL)
        options.names = "DNS:localhost,IP:127.0.0.1";
    test_pki_add(&tls_pki, &options, &identity);
    return identity;
}

#define IDENTITY(...) add((struct test_identity_options){__VA_ARGS__})

static void
assert_refused(const struct test_identity *identity, const char *because)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = start(identity);
    struct tls_stream_options options = tls_usual(peer);

    tls_expect_connect(&options, SEALIFT_DENIED, because);
}

static void
assert_trusted(const struct test_identity *identity, const char *ca_file)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = start(identity);
    SCOPED(tls_stream_close) struct tls_stream *stream = NULL;
    struct tls_stream_options options = tls_usual(peer);

    options.ca_file = ca_file;
    stream = tls_must_connect(&options);
    tls_must_echo(stream, "hello");
}

Test(tls_trust, refuses_a_certificate_of_another_ca)
{
    struct test_identity other = IDENTITY(.common_name = "other CA", .authority = true);
    struct test_identity server = IDENTITY(.issuer = &other, .common_name = "kms");

    assert_refused(&server, "the server's certificate is not trusted (unable to get local issuer certificate: CN = "
                            "kms, issued by CN = other CA): give the CA that signed it with --ca-cert");
    assert_refused(&other, "the server's certificate is not trusted (self-signed certificate: CN = other CA, issued "
                           "by CN = other CA): give the CA that signed it with --ca-cert");
}

/* The same name as the CA that is trusted, and another key. */
Test(tls_trust, refuses_a_certificate_of_a_ca_with_a_borrowed_name)
{
    struct test_identity false_ca = IDENTITY(.common_name = "sealift test CA", .authority = true);
    struct test_identity server = IDENTITY(.issuer = &false_ca, .common_name = "kms");

    assert_refused(&server, "the server's certificate is not trusted (");
}

Test(tls_trust, trusts_what_the_ca_file_holds_whatever_its_place_in_the_chain)
{
    struct test_identity between = IDENTITY(.issuer = &tls_pki.ca, .common_name = "between", .authority = true);
    struct test_identity whole = IDENTITY(.issuer = &between);
    struct test_identity alone = IDENTITY(.issuer = &between, .without_chain = true);

    assert_trusted(&whole, tls_pki.ca.certificate_file);
    assert_trusted(&whole, between.certificate_file);
    assert_trusted(&alone, between.certificate_file);
    assert_trusted(&alone, alone.certificate_file);
    assert_refused(&alone, "unable to get local issuer certificate");
}

Test(tls_trust, takes_the_certificates_of_the_system_when_no_file_is_named)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = start(&tls_pki.server);
    SCOPED(tls_stream_close) struct tls_stream *stream = NULL;
    struct tls_stream_options options = tls_usual(peer);

    setenv("SSL_CERT_FILE", tls_pki.ca.certificate_file, 1);
    options.ca_file = NULL;
    stream = tls_must_connect(&options);
    tls_stream_close(&stream);
    options.ca_file = "";
    stream = tls_must_connect(&options);
    setenv("SSL_CERT_FILE", "/nonexistent", 1);
    tls_expect_connect(&options, SEALIFT_DENIED, "give the CA that signed it with --ca-cert");
    unsetenv("SSL_CERT_FILE");
    tls_expect_connect(&options, SEALIFT_DENIED, "give the CA that signed it with --ca-cert");
}

Test(tls_trust, refuses_a_ca_file_that_is_not_there_or_none)
{
    struct tls_stream_options options = tls_usual(NULL);

    options.ca_file = "/nonexistent/ca.pem";
    tls_expect_connect(&options, SEALIFT_INVALID, "/nonexistent/ca.pem: cannot open: No such file or directory");
    options.ca_file = tls_pki.folder;
    tls_expect_connect(&options, SEALIFT_INVALID, ": cannot read: Is a directory");
    options.ca_file = tls_pki.ca.key_file;
    tls_expect_connect(&options, SEALIFT_INVALID, ": holds no certificate in PEM form");
}

Test(tls_trust, refuses_a_certificate_for_another_name_and_tells_for_which_it_is)
{
    struct test_identity server = IDENTITY(.names = "DNS:kms.example.com,DNS:*.kms.example.com,IP:10.1.2.3,IP:fd00::1");
    struct test_identity nameless = IDENTITY(.common_name = "kms 7", .names = "email:a@example.com");

    assert_refused(&server, "the server's certificate is not for 127.0.0.1, but for kms.example.com, "
                            "*.kms.example.com, 10.1.2.3, fd00::1: use what it names as the address, tell it with "
                            "--server-name, or give the server a certificate that names it as an address "
                            "(subjectAltName IP)");
    assert_refused(&nameless, "is not for 127.0.0.1, but for kms 7: ");
}

static void
assert_name(const struct test_identity *identity, const char *name, bool fits, const char *sent)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = start(identity);
    SCOPED(tls_stream_close) struct tls_stream *stream = NULL;
    struct tls_stream_options options = tls_usual(peer);

    options.server_name = name;
    if (!fits) {
        tls_expect_connect(&options, SEALIFT_DENIED, "the server's certificate is not for ");
    } else {
        stream = tls_must_connect(&options);
        tls_must_echo(stream, "hello");
    }
    cr_assert_str_eq(tls_peer_server_name(peer), sent);
}

Test(tls_trust, expects_the_name_that_it_is_told_and_sends_it)
{
    struct test_identity server =
        IDENTITY(.names = "DNS:kms.example.com,DNS:*.b.example.com,DNS:c*.example.com,IP:fd00::1");

    assert_name(&server, "kms.example.com", true, "kms.example.com");
    assert_name(&server, "KMS.Example.COM", true, "KMS.Example.COM");
    assert_name(&server, "kms.example.com.", true, "kms.example.com");
    assert_name(&server, "a.b.example.com", true, "a.b.example.com");
    assert_name(&server, "a.a.b.example.com", false, "a.a.b.example.com");
    assert_name(&server, "cat.example.com", false, "cat.example.com");
    assert_name(&server, "example.com", false, "example.com");
}

Test(tls_trust, sends_no_name_for_an_address)
{
    struct test_identity server = IDENTITY(.names = "DNS:10.0.0.9,IP:127.0.0.1,IP:fe80::1");

    assert_name(&server, NULL, true, "");
    assert_name(&server, "", true, "");
    assert_name(&server, "fe80::1", true, "");
    assert_name(&server, "fe80::1%eth0", true, "");
    assert_name(&server, "10.0.0.9", false, ""); /* an address that stands there as a name */
}

Test(tls_trust, expects_the_name_of_the_address)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = start(&tls_pki.server);
    SCOPED(tls_stream_close) struct tls_stream *stream = NULL;
    struct tls_stream_options options = tls_usual(peer);

    strcpy(options.endpoint.host, "localhost");
    stream = tls_must_connect(&options);
    cr_assert_str_eq(tls_peer_server_name(peer), "localhost");
}

/* Where there are no alternative names, as old appliances have it. */
Test(tls_trust, takes_the_common_name_when_there_is_no_other)
{
    struct test_identity server;

    test_pki_add(&tls_pki, &(struct test_identity_options){.issuer = &tls_pki.ca, .common_name = "kms.example.com"},
                 &server);
    assert_name(&server, "kms.example.com", true, "kms.example.com");
    assert_name(&server, "other.example.com", false, "other.example.com");
}

Test(tls_trust, refuses_certificates_that_are_not_valid_today)
{
    struct test_identity expired = IDENTITY(.common_name = "kms", .begins_s = -7200, .ends_s = -3600);
    struct test_identity early = IDENTITY(.common_name = "kms", .begins_s = 3600, .ends_s = 7200);

    assert_refused(&expired, "the server's certificate (CN = kms) expired at 20");
    cr_assert_not_null(strstr(tls_err.message, "Z: renew it, or correct the clock of this machine"), "%s",
                       tls_err.message);
    assert_refused(&early, "the server's certificate (CN = kms) is valid only from 20");
}

Test(tls_trust, tells_an_expired_ca_from_an_expired_server)
{
    struct test_identity between =
        IDENTITY(.issuer = &tls_pki.ca, .common_name = "between", .authority = true, .begins_s = -7200, .ends_s = -60);
    struct test_identity server = IDENTITY(.issuer = &between);

    assert_refused(&server, "a CA certificate above the server's (CN = between) expired at 20");
}

Test(tls_trust, goes_by_the_clock_of_the_world)
{
    SCOPED(tls_peer_stop) struct tls_peer *peer = start(&tls_pki.server);
    struct scripted_world scripted;
    struct tls_stream_options options = tls_usual(peer);
    struct tls_stream *stream = NULL;

    options.client_certificate = NULL;
    scripted_world_init(&scripted, "2009-01-01T00:00:00Z");
    tls_expect(tls_stream_connect(&scripted.world, &options, &stream, &tls_err), SEALIFT_DENIED, "is valid only from");
    scripted_world_set_wall(&scripted, "2099-01-01T00:00:00Z");
    tls_expect(tls_stream_connect(&scripted.world, &options, &stream, &tls_err), SEALIFT_DENIED, "expired at");
    scripted_world_set_wall(&scripted, "2027-01-01T00:00:00Z");
    cr_assert_eq(tls_stream_connect(&scripted.world, &options, &stream, &tls_err), SEALIFT_OK, "%s", tls_err.message);
    tls_must_echo(stream, "time stands still, and the network goes on");
    tls_stream_close(&stream);
}

Test(tls_trust, refuses_a_certificate_that_is_none_for_servers)
{
    struct test_identity client = IDENTITY(.common_name = "alice", .usage = "clientAuth");

    assert_refused(&client, "the server's certificate (CN = alice) is not made for servers: give it one with the "
                            "extended key usage serverAuth");
}

Test(tls_trust, refuses_an_issuer_that_is_no_authority)
{
    struct test_identity server = IDENTITY(.issuer = &tls_pki.client);

    assert_refused(&server, "the server's certificate is not trusted (invalid CA certificate: CN = alice");
}

Test(tls_trust, refuses_a_certificate_that_is_too_weak)
{
    struct test_identity server = IDENTITY(.common_name = "kms", .digest = "SHA1");

    assert_refused(&server, "the server's certificate is weaker than OpenSSL allows on this machine (CA signature "
                            "digest algorithm too weak: CN = kms): give the server one with a longer key");
}

/* A name in a certificate is somebody else's text. */
Test(tls_trust, shows_what_a_certificate_says_without_obeying_it)
{
    struct test_identity server = IDENTITY(.common_name = "a\x1b[2Jb\nc", .begins_s = -7200, .ends_s = -3600);

    assert_refused(&server, "expired at");
    cr_assert_null(strchr(tls_err.message, '\x1b'));
    cr_assert_null(strchr(tls_err.message, '\n'));
}
