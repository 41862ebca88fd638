#include "captured.h"
#include "console.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct captured captured;
static struct console console;

static void
begin(void)
{
    console.out = captured_begin(&captured);
    console_init(&console);
}

static const char *
end(void)
{
    console_done(&console);
    return captured_end(&captured);
}

static void
report(unsigned from, unsigned to)
{
    struct sealift_progress progress = {.stage = "upload", .bytes_total = 100, .files = 1};

    for (unsigned second = from; second <= to; second++) {
        progress.seconds = second;
        progress.bytes = second;
        console_progress(&console, &progress);
    }
}

Test(console, writes_a_line_every_five_seconds_into_a_log)
{
    begin();
    report(1, 14);
    cr_assert_str_eq(end(), "upload: 5%, 5 B of 100 B, 1 B/s, 1:35 left, 1 file\n"
                            "upload: 10%, 10 B of 100 B, 1 B/s, 1:30 left, 1 file\n");
}

Test(console, says_nothing_before_the_first_stage)
{
    begin();
    console_progress(&console, &(struct sealift_progress){.stage = "", .seconds = 60});
    cr_assert_str_eq(end(), "");
}

Test(console, writes_no_progress_when_quiet)
{
    console.quiet = true;
    begin();
    report(1, 20);
    console_say(&console, "nothing to see");
    cr_assert_str_eq(end(), "");
}

Test(console, tells_twenty_notices_of_a_kind_and_then_how_many_more)
{
    unsigned lines = 0;
    const char *text;

    begin();
    for (unsigned i = 0; i < 25; i++)
        console_notice(&console, SEALIFT_NOTICE_MISSING, "a/b", "Permission denied");
    console_notice(&console, SEALIFT_NOTICE_CHANGED, "c", "grew");
    console_finish(&console);
    text = end();
    for (const char *c = text; *c != '\0'; c++)
        lines += *c == '\n' ? 1 : 0;
    cr_assert_eq(lines, 20 + 1 + 1);
    cr_assert_neq(strstr(text, "missing: a/b: Permission denied\n"), NULL);
    cr_assert_neq(strstr(text, "changed: c: grew\n"), NULL);
    cr_assert_neq(strstr(text, "missing: and 5 more (--verbose tells each)\n"), NULL);
    cr_assert_eq(strstr(text, "changed: and"), NULL);
}

Test(console, tells_each_notice_when_verbose)
{
    console.verbose = true;
    begin();
    for (unsigned i = 0; i < 25; i++)
        console_notice(&console, SEALIFT_NOTICE_DEGRADED, "x", "no ACLs here");
    console_finish(&console);
    cr_assert_eq(strlen(end()), 25 * strlen("degraded: x: no ACLs here\n"));
}

Test(console, shows_hostile_paths_and_lines_instead_of_obeying_them)
{
    begin();
    console_notice(&console, SEALIFT_NOTICE_OTHER, "a\033[2J\nb", "odd\n");
    console_log(&console, SEALIFT_LOG_WARNING, "server says \033]0;x\007");
    cr_assert_str_eq(end(), "note: a\\x1b[2J\\x0ab: odd\\x0a\nwarning: server says \\x1b]0;x\\x07\n");
}

Test(console, keeps_the_lines_of_an_error)
{
    const struct sealift_error err = {.status = SEALIFT_INVALID, .message = "say what:\n  --keys\033"};

    begin();
    console_error(&console, &err);
    cr_assert_str_eq(end(), "sealift: say what:\n  --keys\\x1b\n");
}

Test(console, speaks_json_one_object_a_line)
{
    const struct sealift_error err = {.status = SEALIFT_NOT_FOUND, .message = "no \"x\"\nhere"};

    console.json = true;
    begin();
    report(5, 5);
    for (unsigned i = 0; i < 30; i++)
        console_notice(&console, SEALIFT_NOTICE_MISSING, "a", "gone");
    console_log(&console, SEALIFT_LOG_INFO, "well");
    console_say(&console, "for people only");
    console_finish(&console);
    console_error(&console, &err);
    end();
    cr_assert_eq(strncmp(captured.text, "{\"progress\":{\"stage\":\"upload\",", 30), 0, "%s", captured.text);
    for (unsigned i = 0; i < 30; i++) {
        const char *notice =
            strstr(captured.text, "{\"notice\":{\"kind\":\"missing\",\"path\":\"a\",\"reason\":\"gone\"}}\n");

        cr_assert_neq(notice, NULL, "a program is told each notice");
        captured.text = (char *)(uintptr_t)(notice + 1);
    }
    captured.text = strchr(captured.text, '\n') + 1;
    cr_assert_str_eq(captured.text, "{\"log\":{\"level\":\"info\",\"line\":\"well\"}}\n"
                                    "{\"error\":{\"status\":\"not-found\",\"message\":\"no \\\"x\\\"\\nhere\"}}\n");
}

/* --- on a terminal --- */

static int terminal_side;

static void
begin_on_terminal(unsigned short columns)
{
    const struct winsize size = {.ws_row = 24, .ws_col = columns};
    int our_side;

    cr_assert_eq(openpty(&terminal_side, &our_side, NULL, NULL, NULL), 0);
    cr_assert_eq(ioctl(our_side, TIOCSWINSZ, &size), 0);
    setenv("TERM", "xterm", 1);
    console.out = fdopen(our_side, "w");
    console_init(&console);
}

/* The terminal is sent exactly this. It arrives in pieces. */
static void
expect_on_terminal(const char *wanted)
{
    struct pollfd arrival = {.fd = terminal_side, .events = POLLIN};
    char text[4096];
    size_t len = 0;

    fflush(console.out);
    while (len < strlen(wanted) && poll(&arrival, 1, 10000) == 1) {
        ssize_t n = read(terminal_side, text + len, sizeof(text) - 1 - len);

        cr_assert_gt(n, 0);
        len += (size_t)n;
    }
    text[len] = '\0';
    cr_assert_str_eq(text, wanted);
}

Test(console, redraws_a_bar_in_place_and_takes_it_away)
{
    begin_on_terminal(40);
    report(50, 51);
    console_finish(&console);
    expect_on_terminal("\rupload  50% 50 B of 100 B, 1 B/s\033[K"
                       "\rupload  51% 51 B of 100 B, 1 B/s\033[K"
                       "\r\033[K");
}

Test(console, makes_the_bar_give_way_to_a_line)
{
    begin_on_terminal(30);
    report(50, 50);
    console_notice(&console, SEALIFT_NOTICE_CHANGED, "log", "grew");
    expect_on_terminal("\rupload  50% 50 B of 100 B\033[K"
                       "\r\033[Kchanged: log: grew\r\n"
                       "\rupload  50% 50 B of 100 B\033[K");
}

Test(console, draws_no_bar_on_a_dumb_terminal)
{
    begin_on_terminal(80);
    setenv("TERM", "dumb", 1);
    console_init(&console);
    cr_assert_not(console.terminal);
}

Test(console, tells_what_was_left_out_only_when_verbose)
{
    begin();
    for (unsigned i = 0; i < 30; i++)
        console_notice(&console, SEALIFT_NOTICE_EXCLUDED, "a", "is left out");
    console_finish(&console);
    cr_assert_str_eq(end(), "");
    console.verbose = true;
    begin();
    console_notice(&console, SEALIFT_NOTICE_EXCLUDED, "a", "is left out");
    console_finish(&console);
    cr_assert_str_eq(end(), "excluded: a: is left out\n");
}
