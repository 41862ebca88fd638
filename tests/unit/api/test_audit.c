#include "audit.h"

#include "error.h"
#include "json.h"
#include "scoped.h"
#include "scratch_folder.h"
#include "scripted_world.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct scratch_folder scratch;
static struct scripted_world scripted;
static struct sealift_error err;
static const struct uuid fs = {{0x11, 0x22}}, snapshot = {{0x33}};

static void
set_up(void)
{
    scratch_folder_make(&scratch);
    scripted_world_init(&scripted, "2026-11-30T12:00:00Z");
}

static void
tear_down(void)
{
    scratch_folder_done(&scratch);
}

TestSuite(audit, .init = set_up, .fini = tear_down);

static const char *
path_of_log(void)
{
    return scratch_folder_at(&scratch, "audit.log");
}

static struct audit *
open_log(const char *command)
{
    struct audit *audit = NULL;

    cr_assert_eq(audit_open(&scripted.world, path_of_log(), command, &audit, &err), SEALIFT_OK, "%s", err.message);
    return audit;
}

static enum sealift_status
try_to_tell(struct audit *audit, const struct kms_errand *errand, enum sealift_status status, const char *message)
{
    const struct kms_event event = {
        .operation = "unwrap", .type = "vault", .errand = errand, .status = status, .message = message};
    struct kms_audit *ear = audit_ear(audit);

    return ear->note(ear, &event, &err);
}

static void
tell(struct audit *audit, const struct kms_errand *errand, enum sealift_status status, const char *message)
{
    cr_assert_eq(try_to_tell(audit, errand, status, message), SEALIFT_OK, "%s", err.message);
}

static enum sealift_status
is_ready(struct audit *audit)
{
    struct kms_audit *ear = audit_ear(audit);

    return ear->ready(ear, &err);
}

static struct kms_errand
errand(void)
{
    struct kms_errand made = {
        .fs = fs,
        .snapshot = snapshot,
        .by = {.type = "vault", .name_space = "a", .mount = "transit", .key_identifier = "k", .key_version = 3},
    };

    kms_errand_note(&made, "first-id");
    kms_errand_note(&made, "second-id");
    return made;
}

/* All that the log holds. */
static const char *
read_log(void)
{
    static char text[65536];
    FILE *file = fopen(path_of_log(), "r");
    size_t len;

    cr_assert_not_null(file);
    len = fread(text, 1, sizeof(text) - 1, file);
    text[len] = '\0';
    fclose(file);
    return text;
}

/* One line, with this process's number in it. */
static void
expect_line(const char *before, const char *after)
{
    char expected[2048];

    snprintf(expected, sizeof(expected), "%s%d%s\n", before, (int)getpid(), after);
    cr_assert_str_eq(read_log(), expected);
}

Test(audit, is_a_line_of_json_a_call)
{
    SCOPED(audit_free) struct audit *audit = open_log("fs snapshot verify");
    const struct kms_errand made = errand();

    cr_assert_eq(audit_know(audit, &fs, "home", &err), SEALIFT_OK);
    tell(audit, &made, SEALIFT_OK, NULL);
    expect_line("{\"time\":\"2026-11-30T12:00:00.000000000Z\",\"command\":\"fs snapshot verify\",\"pid\":",
                ",\"filesystem\":\"home\",\"filesystem_id\":\"11220000-0000-0000-0000-000000000000\","
                "\"snapshot_id\":\"33000000-0000-0000-0000-000000000000\",\"operation\":\"unwrap\","
                "\"kms_type\":\"vault\",\"kms_namespace\":\"a\",\"kms_mount\":\"transit\","
                "\"kms_key_identifier\":\"k\",\"kms_key_version\":3,"
                "\"request_ids\":[\"first-id\",\"second-id\"],\"outcome\":\"ok\",\"message\":null}");
}

Test(audit, has_null_for_what_nobody_knows)
{
    SCOPED(audit_free) struct audit *audit = open_log(NULL);

    tell(audit, &(struct kms_errand){0}, SEALIFT_DENIED, "permission denied");
    expect_line("{\"time\":\"2026-11-30T12:00:00.000000000Z\",\"command\":null,\"pid\":",
                ",\"filesystem\":null,\"filesystem_id\":null,\"snapshot_id\":null,\"operation\":\"unwrap\","
                "\"kms_type\":\"vault\",\"kms_namespace\":null,\"kms_mount\":null,"
                "\"kms_key_identifier\":null,\"kms_key_version\":0,"
                "\"request_ids\":[],\"outcome\":\"denied\",\"message\":\"permission denied\"}");
}

/* A server's words, or a name, cannot make a second line. */
Test(audit, keeps_to_one_line)
{
    SCOPED(audit_free) struct audit *audit = open_log("fs add");
    SCOPED(json_free) struct json *json = NULL;
    const struct kms_errand made = errand();
    const char *text;

    cr_assert_eq(audit_know(audit, &fs, "a\n\"b\"", &err), SEALIFT_OK);
    tell(audit, &made, SEALIFT_KEY, "no\n{\"outcome\":\"ok\"}\n");
    text = read_log();
    cr_assert_eq(strchr(text, '\n'), text + strlen(text) - 1);
    cr_assert_eq(json_parse(bytes_of_text(text), "a line", &json, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(json_string(json_get(json, "filesystem")), "a\n\"b\"");
    cr_assert_str_eq(json_string(json_get(json, "outcome")), "key");
}

Test(audit, is_for_us_alone_and_is_appended_to)
{
    struct kms_errand made = errand();
    struct stat found;
    size_t lines = 0;

    for (int i = 0; i < 3; i++) {
        SCOPED(audit_free) struct audit *audit = open_log("fs add");

        tell(audit, &made, SEALIFT_OK, NULL);
    }
    cr_assert_eq(stat(path_of_log(), &found), 0);
    cr_assert_eq(found.st_mode & 07777, 0600);
    for (const char *at = read_log(); *at != '\0'; at++)
        lines += *at == '\n';
    cr_assert_eq(lines, 3u);
}

Test(audit, knows_a_filesystem_by_the_name_that_was_said_last)
{
    SCOPED(audit_free) struct audit *audit = open_log("fs update");
    const struct kms_errand made = errand();

    cr_assert_eq(audit_know(audit, &fs, "old", &err), SEALIFT_OK);
    cr_assert_eq(audit_know(audit, &snapshot, "another", &err), SEALIFT_OK);
    cr_assert_eq(audit_know(audit, &fs, "new", &err), SEALIFT_OK);
    tell(audit, &made, SEALIFT_OK, NULL);
    cr_assert_not_null(strstr(read_log(), "\"filesystem\":\"new\""));
}

Test(audit, that_cannot_be_opened_says_what_to_do)
{
    struct audit *audit = NULL;

    cr_assert_eq(audit_open(&scripted.world, scratch_folder_at(&scratch, "no/such/folder"), "fs add", &audit, &err),
                 SEALIFT_NOT_FOUND);
    cr_assert_not_null(strstr(err.message, "--audit-log"), "%s", err.message);
    cr_assert_neq(audit_open(&scripted.world, scratch.path, "fs add", &audit, &err), SEALIFT_OK, "a folder is no log");
    cr_assert_null(audit);
}

/* --- What cannot be written --- */

Test(audit, that_cannot_be_written_fails_the_call_and_lets_no_other_be_made)
{
    SCOPED(audit_free) struct audit *audit = NULL;
    const struct kms_errand made = errand();
    const char *const parts[] = {"/dev/full",  "No space left on device", "(unwrap)", "counts as failed",
                                 "free space", "--audit-log none"};

    cr_assert_eq(audit_open(&scripted.world, "/dev/full", "fs add", &audit, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(is_ready(audit), SEALIFT_OK);
    cr_assert_eq(try_to_tell(audit, &made, SEALIFT_OK, NULL), SEALIFT_IO);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        cr_assert_not_null(strstr(err.message, parts[i]), "%s: %s", parts[i], err.message);
    err.message[0] = '\0';
    cr_assert_eq(is_ready(audit), SEALIFT_IO);
    cr_assert_not_null(strstr(err.message, "/dev/full"), "%s", err.message);
    cr_assert_str_eq(scripted.log, "");
}

/* A disk that is full after so many bytes of the file. */
static void
fill_up_beyond(size_t len)
{
    const struct rlimit limit = {len, RLIM_INFINITY};

    cr_assert_neq(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
make_room(void)
{
    const struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* How many lines are JSON; what a torn one left is none. */
static size_t
count_records(void)
{
    char copy[65536], *rest = copy;
    size_t count = 0;

    snprintf(copy, sizeof(copy), "%s", read_log());
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        SCOPED(json_free) struct json *json = NULL;
        struct sealift_error ignored;

        count += json_parse(bytes_of_text(line), "a line", &json, &ignored) == SEALIFT_OK;
    }
    return count;
}

Test(audit, that_took_half_a_line_says_why)
{
    SCOPED(audit_free) struct audit *audit = open_log("fs add");
    const struct kms_errand made = errand();

    tell(audit, &made, SEALIFT_OK, NULL);
    fill_up_beyond(strlen(read_log()) + 20);
    cr_assert_eq(try_to_tell(audit, &made, SEALIFT_OK, NULL), SEALIFT_IO);
    cr_assert_not_null(strstr(err.message, "File too large"), "%s", err.message);
    make_room();
    cr_assert_eq(count_records(), 1u);
    cr_assert_eq(is_ready(audit), SEALIFT_IO, "the line is still missing");
}

/* Another process runs all the while, and opened the log when it was whole. */
Test(audit, keeps_its_lines_apart_from_what_another_process_left_of_one)
{
    SCOPED(audit_free) struct audit *unlucky = open_log("fs add");
    SCOPED(audit_free) struct audit *audit = open_log("fs update");
    const struct kms_errand made = errand();

    tell(audit, &made, SEALIFT_OK, NULL);
    fill_up_beyond(strlen(read_log()) + 20);
    cr_assert_eq(try_to_tell(unlucky, &made, SEALIFT_OK, NULL), SEALIFT_IO);
    make_room();
    tell(audit, &made, SEALIFT_OK, NULL);
    tell(audit, &made, SEALIFT_OK, NULL);
    cr_assert_eq(count_records(), 3u, "%s", read_log());
    cr_assert_null(strstr(read_log(), "\n\n"));
}

Test(audit, may_be_a_pipe)
{
    SCOPED(audit_free) struct audit *audit = NULL;
    const struct kms_errand made = errand();
    SCOPED(fd_done) int reader = -1;
    char text[4096];
    ssize_t len;

    cr_assert_eq(mkfifo(path_of_log(), 0600), 0);
    reader = open(path_of_log(), O_RDONLY | O_NONBLOCK);
    audit = open_log("fs add");
    tell(audit, &made, SEALIFT_OK, NULL);
    tell(audit, &made, SEALIFT_OK, NULL);
    len = read(reader, text, sizeof(text));
    cr_assert_gt(len, 2);
    cr_assert_eq(text[0], '{');
    cr_assert_eq(text[len - 1], '\n');
}

Test(audit, begins_a_line_of_its_own_behind_a_torn_one)
{
    FILE *file = fopen(path_of_log(), "w");
    const struct kms_errand made = errand();
    SCOPED(audit_free) struct audit *audit = NULL;

    cr_assert_not_null(file);
    cr_assert_geq(fputs("{\"time\":\"2026-1", file), 0);
    fclose(file);
    audit = open_log("fs add");
    tell(audit, &made, SEALIFT_OK, NULL);
    tell(audit, &made, SEALIFT_OK, NULL);
    cr_assert_eq(strncmp(read_log(), "{\"time\":\"2026-1\n{\"time\":\"2026-11-30", 34), 0, "%s", read_log());
    cr_assert_null(strstr(read_log(), "\n\n"));
}
