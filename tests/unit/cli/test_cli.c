/* The program around its commands, against a libsealift that is played: what every one of them does alike. */
#include "played_cli.h"

#include <signal.h>

Test(cli, keeps_json_whole_when_a_listing_breaks_off)
{
    fake.answer = SEALIFT_UNAVAILABLE;
    cr_assert_eq(RUN("--json", "fs"), 6);
    cr_assert_eq(strncmp(out.text, "[\n{", 3), 0);
    cr_assert_str_eq(out.text + strlen(out.text) - 4, "}\n]\n");
    cr_assert_str_eq(errors.text,
                     "{\"error\":{\"status\":\"unavailable\",\"message\":\"fs_list: as the test wanted\"}}\n");
}

Test(cli, says_the_bytes_of_a_path_that_is_not_utf8)
{
    cr_assert_eq(RUN("--json", "fs"), 0);
    expect_out("\"path\":\"/srv/h\\ufffd\",\"path_hex\":\"2f7372762f68ff\"");
    cr_assert_eq(RUN("fs"), 0);
    expect_out("/srv/h\\xff");
}

Test(cli, ends_with_the_exit_code_of_the_status)
{
    fake.answer = SEALIFT_CORRUPT;
    cr_assert_eq(RUN("fs", "snapshot", "verify", "home", "monday", "--data"), 7);
    cr_assert_str_eq(out.text, "");
    expect_error("sealift: snapshot_verify: as the test wanted\n");
}

Test(cli, says_how_to_go_on_after_an_interruption)
{
    fake.answer = SEALIFT_CANCELLED;
    cr_assert_eq(RUN("fs", "snapshot", "upload", "home", "monday"), 130);
    expect_error("sealift: Nothing was published. The same command begins the upload again.\n");
    cr_assert_eq(RUN("fs", "download", "home2", "/p", "dr", FAKE_LOCATOR), 130);
    expect_error("remove PATH (what is in it is enough, where it is not encrypted) and run the same command");
    cr_assert_eq(RUN("fs", "snapshot", "upload", "home", "monday", "--json"), 130);
    expect_error("{\"error\":{\"status\":\"cancelled\",");
    cr_assert_eq(strstr(errors.text, "published"), NULL);
}

static void
interrupt(struct sealift *sealift)
{
    (void)sealift;
    raise(SIGINT);
}

Test(cli, asks_the_library_to_stop_at_the_first_ctrl_c)
{
    fake.during = interrupt;
    cr_assert_eq(RUN("fs", "snapshot", "upload", "home", "monday"), 0, "the library finished all the same");
    cr_assert(fake.cancelled);
}

static void
interrupt_twice(struct sealift *sealift)
{
    interrupt(sealift);
    raise(SIGHUP);
}

Test(cli, leaves_at_once_at_the_second, .exit_code = 130)
{
    fake.during = interrupt_twice;
    RUN("fs", "snapshot", "upload", "home", "monday");
    cr_assert_fail("it went on");
}

Test(cli, keeps_ignoring_what_was_ignored)
{
    signal(SIGINT, SIG_IGN); /* as nohup and a shell's background do */
    fake.during = interrupt;
    cr_assert_eq(RUN("fs", "snapshot", "upload", "home", "monday"), 0);
    cr_assert_not(fake.cancelled);
}

Test(cli, notices_that_nobody_takes_what_it_prints)
{
    FILE *full_disk = fopen("/dev/full", "w");
    char *argv[] = {"sealift", "fs", NULL};

    cr_assert_eq(cli_main(2, argv, full_disk, captured_begin(&errors)), 9);
    captured_end(&errors);
    expect_error("sealift: standard output: No space left on device");
}

/* Of a million lines, say, when `head` has read ten. */
Test(cli, lists_a_snapshot_only_as_long_as_somebody_reads)
{
    FILE *full_disk = fopen("/dev/full", "w");
    char *argv[] = {"sealift", "fs", "snapshot", "ls", "home", "monday", NULL};

    setvbuf(full_disk, NULL, _IONBF, 0);
    cr_assert_eq(cli_main(6, argv, full_disk, captured_begin(&errors)), 9);
    captured_end(&errors);
    cr_assert_eq(fake.listed, 2u, "the second was refused");
}

Test(cli, tells_errors_of_the_command_line_as_json_when_asked)
{
    cr_assert_eq(RUN("--json", "obs", "lst"), 2);
    cr_assert_eq(strncmp(errors.text, "{\"error\":{\"status\":\"invalid\",\"message\":\"", 40), 0, "%s", errors.text);
    cr_assert_eq(RUN("obs", "list", "--nonsense", "--json"), 2);
    cr_assert_eq(errors.text[0], '{');
}

Test(cli, makes_no_home_for_help_version_and_completion)
{
    cr_assert_eq(RUN("help"), 0);
    cr_assert_eq(RUN("help", "fs", "snapshot", "upload"), 0);
    expect_out("sealift fs snapshot upload: carry a snapshot to its object store\n");
    cr_assert_eq(RUN("fs", "add", "--help"), 0);
    expect_out("sealift fs add NAME PATH [OPTION...]\n");
    cr_assert_eq(RUN("fs", "snapshot", "get", "--help"), 0);
    expect_out(" --to DIR [OPTION...]\n");
    cr_assert_eq(RUN("completion", "zsh"), 0);
    expect_out("#compdef sealift\n");
    cr_assert_eq(RUN("--version"), 0);
    cr_assert_str_eq(out.text, "sealift 1.2.3 (format 1)\n");
    cr_assert_eq(RUN("--version", "--json"), 0);
    cr_assert_str_eq(out.text, "{\"version\":\"1.2.3\",\"format\":1}\n");
    cr_assert_str_eq(fake.calls, "");
}

Test(cli, misses_a_command)
{
    cr_assert_eq(run((char *[]){"sealift", NULL}), 2);
    expect_error("a command is missing; `sealift help` lists what there is");
}

Test(cli, is_verbose_when_asked)
{
    cr_assert_eq(RUN("obs", "--verbose"), 0);
    cr_assert_eq(fake.options.log_level, SEALIFT_LOG_DEBUG);
}
