/* The same patterns and paths put to git and to us: `git check-ignore` is the reference of gitignore(5). */
#include "playground.h"
#include "scoped.h"
#include "seeded_world.h"
#include "selection.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS    250
#define MOST      512 /* paths */
#define PATH_SIZE 64

static struct sealift_error err;
static struct seeded_world seeded;
static struct playground playground;

static struct {
    char path[PATH_SIZE];
    bool is_directory;
    bool git_ignores;
} entries[MOST];
static size_t entry_count;

static void
set_up(void)
{
    seeded_world_init(&seeded, 20);
    playground_make(&playground);
}

static void
tear_down(void)
{
    playground_remove(&playground);
}

TestSuite(selection_as_git, .init = set_up, .fini = tear_down);

static size_t
below(size_t most)
{
    return (size_t)(seeded_world_draw(&seeded) % most);
}

static const char *
one_of(const char *const *words)
{
    size_t count = 0;

    while (words[count] != NULL)
        count++;
    return words[below(count)];
}

/* --- the tree --- */

static const char *const names[] = {"a", "b", "ab", "abc", "a.o", "b.c", "-", "x y", "]a", "*", "#b", NULL};

static void
make_level(const char *directory, int depth)
{
    for (const char *const *name = names; *name != NULL && entry_count < MOST; name++) {
        size_t at = entry_count;
        char path[PATH_SIZE];

        if (depth > 0 && below(3) == 0)
            continue;
        cr_assert_lt(snprintf(path, sizeof(path), "%s%s%s", directory, *directory != '\0' ? "/" : "", *name),
                     PATH_SIZE);
        memcpy(entries[at].path, path, sizeof(path));
        entries[at].is_directory = depth < 3 && below(2) == 0;
        entry_count++;
        if (entries[at].is_directory)
            playground_directory(playground.fd, path);
        else
            playground_file(playground.fd, path, "");
        if (entries[at].is_directory)
            make_level(path, depth + 1);
    }
}

/* --- patterns --- */

static void
write_pattern(FILE *out)
{
    static const char *const parts[] = {
        "a",     "b",     "ab",   "abc", "*",   "**",  "?",   "a*",    "*b",          "*.o",     "[ab]", "[!a]",
        "[a-c]", "[]-]*", "\\a",  "\\*", "*b*", "a?",  "?b?", "x\\ y", "[^b.]*",      "[\\]]*a", "-",    "[[:alpha:]]b",
        "***",   "[!-]*", "\\#b", "#b",  "]a",  "a.o", "*c",  "x y",   "[[:punct:]]", "b.[a-z]", "*a*",  "[a[:]*"};
    size_t count = 1 + below(3);

    fputs(below(4) == 0 ? "!" : "", out);
    fputs(below(4) == 0 ? "/" : "", out);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s%s", i > 0 ? "/" : "", parts[below(sizeof(parts) / sizeof(parts[0]))]);
    fputs(below(4) == 0 ? "/" : "", out);
    fputs(one_of((const char *const[]){"", "", "", "", "  ", "\r", NULL}), out);
    putc('\n', out);
}

static void
write_patterns(void)
{
    char path[PATH_MAX + 32];
    size_t count = 1 + below(4);
    FILE *out;

    snprintf(path, sizeof(path), "%s/.git/info/exclude", playground.path);
    out = fopen(path, "w");
    cr_assert_not_null(out);
    for (size_t i = 0; i < count; i++)
        write_pattern(out);
    cr_assert_eq(fclose(out), 0);
}

static char patterns[4096]; /* the file, for messages */

static void
read_patterns(struct selection *selection)
{
    char path[PATH_MAX + 32];
    FILE *in;

    snprintf(path, sizeof(path), "%s/.git/info/exclude", playground.path);
    in = fopen(path, "r");
    cr_assert_not_null(in);
    patterns[fread(patterns, 1, sizeof(patterns) - 1, in)] = '\0';
    fclose(in);
    cr_assert_eq(selection_add_lines(selection, bytes_of_text(patterns), "exclude", &err), SEALIFT_OK, "%s",
                 err.message);
}

/* --- what git says --- */

/* Runs git in the playground, reading and writing files there; without anybody's configuration. */
static int
run_git(char *const *arguments)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        if (chdir(playground.path) != 0 || freopen("paths", "r", stdin) == NULL ||
            freopen("ignored", "w", stdout) == NULL)
            _exit(126);
        setenv("HOME", "/nowhere", 1);
        unsetenv("XDG_CONFIG_HOME");
        setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
        unsetenv("GIT_DIR");
        execvp("git", arguments);
        _exit(127);
    }
    cr_assert(waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void
write_paths(void)
{
    int fd = openat(playground.fd, "paths", O_WRONLY | O_CREAT | O_TRUNC, 0600);

    for (size_t i = 0; i < entry_count; i++)
        cr_assert_eq(write(fd, entries[i].path, strlen(entries[i].path) + 1), (ssize_t)strlen(entries[i].path) + 1);
    close(fd);
}

static void
mark_ignored(const char *path)
{
    for (size_t i = 0; i < entry_count; i++)
        if (strcmp(entries[i].path, path) == 0)
            entries[i].git_ignores = true;
}

static void
ask_git(void)
{
    static char answer[MOST * PATH_SIZE];
    int fd, status = run_git((char *const[]){"git", "check-ignore", "--no-index", "-z", "--stdin", NULL});
    ssize_t len;

    cr_assert(status == 0 || status == 1, "git check-ignore: %d", status);
    fd = openat(playground.fd, "ignored", O_RDONLY);
    len = read(fd, answer, sizeof(answer));
    close(fd);
    for (size_t i = 0; i < entry_count; i++)
        entries[i].git_ignores = false;
    for (const char *path = answer; path < answer + len; path += strlen(path) + 1)
        mark_ignored(path);
}

/* --- what we say --- */

static bool
is_left_out(const struct selection *selection, const char *path, size_t len, bool is_directory)
{
    struct verdict verdict = selection_judge(selection, (struct bytes){(const uint8_t *)path, len});

    return (is_directory ? verdict.directory : verdict.other) != NULL;
}

/* As the walk does it: from above, a directory that is left out is not entered. */
static bool
do_we_leave_out(const struct selection *selection, const char *path, bool is_directory)
{
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/'))
        if (is_left_out(selection, path, (size_t)(slash - path), true))
            return true;
    return is_left_out(selection, path, strlen(path), is_directory);
}

Test(selection_as_git, leaves_out_exactly_what_git_ignores, .timeout = 100)
{
    size_t left_out = 0, stayed = 0;

    make_level("", 0);
    write_paths();
    if (run_git((char *const[]){"git", "init", "-q", NULL}) != 0)
        cr_skip_test("git is not installed: what it ignores cannot be compared");
    for (int round = 0; round < ROUNDS; round++) {
        SCOPED(selection_done) struct selection selection = {0};

        write_patterns();
        read_patterns(&selection);
        ask_git();
        for (size_t i = 0; i < entry_count; i++) {
            bool ours = do_we_leave_out(&selection, entries[i].path, entries[i].is_directory);

            cr_expect_eq(ours, entries[i].git_ignores, "round %d: %s '%s' %s by us alone; patterns:\n%s", round,
                         entries[i].is_directory ? "directory" : "file", entries[i].path,
                         ours ? "is left out" : "is kept", patterns);
            left_out += ours;
            stayed += !ours;
        }
    }
    cr_assert(left_out > ROUNDS && stayed > ROUNDS, "%zu left out, %zu stayed", left_out, stayed);
}
