#include "completion.h"
#include "fake_sealift.h"

#include <criterion/criterion.h>
#include <unistd.h>

static char said[16384];

/* Runs a shell on the completion script that `write` writes, followed by `more`; what it says is in `said`. */
static void
run(const char *shell, void (*write)(FILE *out), const char *before, const char *more)
{
    char path[] = "/tmp/sealift-completion.XXXXXX", command[128];
    int fd = mkstemp(path);
    FILE *script = fdopen(fd, "w"), *output;
    size_t len;

    fputs(before, script);
    write(script);
    fputs(more, script);
    cr_assert_eq(fclose(script), 0);
    snprintf(command, sizeof(command), "%s %s 2>&1", shell, path);
    output = popen(command, "r");
    cr_assert_neq(output, NULL);
    len = fread(said, 1, sizeof(said) - 1, output);
    said[len] = '\0';
    pclose(output);
    unlink(path);
}

/* What bash offers behind these words, the last of which is being typed. */
static void
complete(const char *words)
{
    char more[512];

    snprintf(more, sizeof(more),
             "COMP_WORDS=(%s)\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_sealift\necho \"${COMPREPLY[*]}\"\n", words);
    run("bash", completion_bash, "", more);
}

static void
expect(const char *words, const char *wanted)
{
    complete(words);
    cr_assert_str_eq(said, wanted, "%s: offers %s", words, said);
}

Test(completion_bash, registers_itself)
{
    run("bash", completion_bash, "", "complete -p sealift\n");
    cr_assert_str_eq(said, "complete -F _sealift sealift\n");
}

Test(completion_bash, offers_the_words_that_may_follow)
{
    expect("sealift ''", "cluster obs kms fs help completion\n");
    expect("sealift o", "obs\n");
    expect("sealift fs ''", "list add update kms-rewrap rekey remove unlock lock download key snapshot\n");
    expect("sealift fs snapshot u", "upload\n");
    expect("sealift kms set ''", "vault kmip\n");
}

Test(completion_bash, offers_the_options_of_the_command)
{
    complete("sealift fs snapshot upload home --");
    cr_assert_neq(strstr(said, "--allow-missing"), NULL, "%s", said);
    cr_assert_neq(strstr(said, "--json"), NULL, "%s", said);
    cr_assert_eq(strstr(said, "--endpoint"), NULL, "%s", said);
    expect("sealift obs add dr --end", "--endpoint\n");
    expect("sealift kms set vault --tok", "--token-file\n");
    expect("sealift kms set kmip --kmip-version 2", "2.0 2.1\n");
    expect("sealift kms set kmip 127.0.0.1 : 5696 UID --cl", "--client-cert --client-key\n");
    expect("sealift kms set kmip --role", "\n");
}

Test(completion_bash, offers_choices_behind_a_blank_and_an_equals_sign)
{
    expect("sealift obs add --addressing ''", "auto path virtual\n");
    expect("sealift obs add --addressing v", "virtual\n");
    expect("sealift obs add --addressing = v", "virtual\n");
    expect("sealift obs add --addressing =", "auto path virtual\n");
    expect("sealift completion ''", "bash zsh\n");
}

Test(completion_bash, understands_words_that_readline_cut_at_colons)
{
    expect("sealift obs add --sse aws : k", "kms kms:dsse\n");
    expect("sealift obs add --sse = aws :", "kms kms:dsse\n");
    expect("sealift obs add --sse aws : kms :", "dsse\n");
    expect("sealift fs add s3 : //x /us", "/usr\n");
}

Test(completion_bash, does_not_take_a_value_for_a_word_of_the_command)
{
    expect("sealift --home fs obs a", "add\n");
    expect("sealift --home = fs obs a", "add\n");
}

Test(completion_bash, offers_paths_where_a_path_is_wanted)
{
    expect("sealift fs add home /us", "/usr\n");
    expect("sealift kms set vault --token-file /etc/hostnam", "/etc/hostname\n");
    expect("sealift kms set kmip --client-key /etc/hostnam", "/etc/hostname\n");
    expect("sealift --home /us", "/usr\n");
    expect("sealift fs add home --obs /us", "\n");
}

static const char zsh_stubs[] = "compdef() { print -- compdef $@ }\n"
                                "_arguments() { print -rl -- \"words: $words\" \"current: $CURRENT\" \"$@\" }\n";

static void
need_zsh(void)
{
    if (access("/usr/bin/zsh", X_OK) != 0 && access("/bin/zsh", X_OK) != 0)
        cr_skip_test("zsh is not installed");
}

static void
expect_said(const char *part)
{
    cr_assert_neq(strstr(said, part), NULL, "expected '%s' in:\n%s", part, said);
}

Test(completion_zsh, is_loaded_by_compinit)
{
    need_zsh();
    run("zsh -f", completion_zsh, zsh_stubs, "");
    cr_assert_str_eq(said, "compdef _sealift sealift\n");
}

Test(completion_zsh, describes_the_words_that_may_follow)
{
    need_zsh();
    run("zsh -f", completion_zsh, zsh_stubs, "words=(sealift fs '')\nCURRENT=3\n_sealift\n");
    expect_said("words: sealift \ncurrent: 2\n");
    expect_said("\n1:command:(list add update kms-rewrap rekey remove unlock lock download key snapshot)\n");
    expect_said("\n--home=[");
}

Test(completion_zsh, describes_options_and_arguments_of_a_command)
{
    need_zsh();
    run("zsh -f", completion_zsh, zsh_stubs, "words=(sealift --home fs obs add dr '' x)\nCURRENT=7\n_sealift\n");
    expect_said("words: sealift --home fs dr  x\ncurrent: 5\n");
    expect_said("\n--addressing=[");
    expect_said(":STYLE:(auto path virtual)\n");
    expect_said(":ALGORITHM:(AES256 aws\\:kms aws\\:kms\\:dsse)\n");
    expect_said("\n--region=[S3: the bucket's region");
    expect_said("\n1:NAME: \n2:URL: \n");
}

/* _arguments takes a colon for the end of a message. */
Test(completion_zsh, keeps_the_colon_of_an_argument)
{
    need_zsh();
    run("zsh -f", completion_zsh, zsh_stubs, "words=(sealift kms set kmip '')\nCURRENT=5\n_sealift\n");
    expect_said("\n1:HOST\\:PORT: \n2:KEY-UID: \n");
}

Test(completion_zsh, lets_an_option_be_repeated_that_may_be)
{
    need_zsh();
    run("zsh -f", completion_zsh, zsh_stubs, "words=(sealift fs update '')\nCURRENT=4\n_sealift\n");
    expect_said("\n*--exclude=[leave out");
    expect_said("\n*--exclude-from=[");
    expect_said(":FILE:_files\n");
    expect_said("\n--no-excludes[");
}
