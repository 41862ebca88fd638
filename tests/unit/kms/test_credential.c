#include "credential.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct sealift_error err;
static struct cancel cancel;
static struct world world = {&clock_system, &entropy_system, &cancel, NULL};

static void
expect_round(const char *text, enum credential_kind kind, const char *name)
{
    struct credential_source source;
    char again[1040];

    cr_assert_eq(credential_parse(text, &source, &err), SEALIFT_OK, "%s: %s", text, err.message);
    cr_assert_eq(source.kind, kind);
    cr_assert_str_eq(source.name, name);
    credential_format(&source, again);
    cr_assert_str_eq(again, text);
}

Test(credential, is_written_as_it_is_read)
{
    expect_round("", CREDENTIAL_NONE, "");
    expect_round("file:/etc/sealift/secret id", CREDENTIAL_FILE, "/etc/sealift/secret id");
    expect_round("env:VAULT_TOKEN", CREDENTIAL_ENVIRONMENT, "VAULT_TOKEN");
    expect_round("credential:vault-token", CREDENTIAL_SYSTEMD, "vault-token");
}

Test(credential, refuses_what_leads_nowhere)
{
    static const char *const texts[] = {"file:",       "file:relative", "env:",           "env:1ST",    "env:A B",
                                        "credential:", "credential:..", "credential:a/b", "vault:token"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct credential_source source;

        cr_assert_eq(credential_parse(texts[i], &source, &err), SEALIFT_INVALID, "%s", texts[i]);
    }
}

Test(credential, refuses_a_path_without_end)
{
    struct credential_source source;
    char text[2048] = "file:/";

    memset(text + 6, 'a', sizeof(text) - 7);
    text[sizeof(text) - 1] = '\0';
    cr_assert_eq(credential_parse(text, &source, &err), SEALIFT_INVALID);
}

/* A credential given in the place of its whereabouts must not end up in a message. */
Test(credential, does_not_show_a_text_that_may_be_the_secret)
{
    struct credential_source source;

    cr_assert_eq(credential_parse("hvs.CAESIJ", &source, &err), SEALIFT_INVALID);
    cr_assert_null(strstr(err.message, "hvs"));
}

Test(credential, reads_an_environment_variable)
{
    struct credential_source source = {CREDENTIAL_ENVIRONMENT, "SEALIFT_TEST_CREDENTIAL"};
    SCOPED(secret_free) struct secret *secret = NULL;

    setenv("SEALIFT_TEST_CREDENTIAL", "s3cret", 1);
    cr_assert_eq(credential_read(&world, &source, "the token", &secret, &err), SEALIFT_OK);
    cr_assert_str_eq(secret_text(secret), "s3cret");
}

Test(credential, says_which_variable_is_missing)
{
    struct credential_source source = {CREDENTIAL_ENVIRONMENT, "SEALIFT_TEST_CREDENTIAL"};
    SCOPED(secret_free) struct secret *secret = NULL;

    unsetenv("SEALIFT_TEST_CREDENTIAL");
    cr_assert_eq(credential_read(&world, &source, "the token", &secret, &err), SEALIFT_NOT_FOUND);
    cr_assert_str_eq(err.message, "the token: the environment variable SEALIFT_TEST_CREDENTIAL is not set");
}

static void
make_folder_with_token(char folder[64])
{
    char path[128];
    int fd;

    strcpy(folder, "/tmp/sealift-credential-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/token", folder);
    fd = open(path, O_WRONLY | O_CREAT, 0600);
    cr_assert_eq(write(fd, "abc\n", 4), 4);
    close(fd);
}

static void
remove_folder(const char *folder)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/token", folder);
    unlink(path);
    rmdir(folder);
}

Test(credential, reads_a_file_without_its_final_newline)
{
    struct credential_source source = {.kind = CREDENTIAL_FILE};
    SCOPED(secret_free) struct secret *secret = NULL;
    char folder[64];

    make_folder_with_token(folder);
    snprintf(source.name, sizeof(source.name), "%s/token", folder);
    cr_assert_eq(credential_read(&world, &source, "the token", &secret, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(secret_text(secret), "abc");
    remove_folder(folder);
    secret_free(&secret);
    cr_assert_eq(credential_read(&world, &source, "the token", &secret, &err), SEALIFT_NOT_FOUND);
    cr_assert_not_null(strstr(err.message, "the token"));
    cr_assert_not_null(strstr(err.message, source.name));
}

Test(credential, reads_what_systemd_hands_over)
{
    struct credential_source source = {CREDENTIAL_SYSTEMD, "token"};
    SCOPED(secret_free) struct secret *secret = NULL;
    char folder[64];

    make_folder_with_token(folder);
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    cr_assert_eq(credential_read(&world, &source, "the token", &secret, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(secret_text(secret), "abc");
    remove_folder(folder);

    unsetenv("CREDENTIALS_DIRECTORY");
    secret_free(&secret);
    cr_assert_eq(credential_read(&world, &source, "the token", &secret, &err), SEALIFT_NOT_FOUND);
    cr_assert_not_null(strstr(err.message, "LoadCredential=token"));
}

Test(credential, says_when_nobody_said_where)
{
    struct credential_source source = {0};
    SCOPED(secret_free) struct secret *secret = NULL;

    cr_assert_eq(credential_read(&world, &source, "the secret id", &secret, &err), SEALIFT_NOT_FOUND);
}
