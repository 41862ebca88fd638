#include "report.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static struct sealift_error err;
static const struct report report = {.root = "/srv/home2"};

static void
expect(int error_number, enum sealift_status status, const char *part)
{
    cr_assert_eq(report_failure(&report, error_number, bytes_of_text("a/b"), "write", &err), status);
    cr_assert_eq(strncmp(err.message, "/srv/home2: cannot write a/b: ", 30), 0, "%s", err.message);
    cr_assert_not_null(strstr(err.message, part), "%s", err.message);
}

Test(report, says_what_failed_on_which_object_and_what_to_do)
{
    expect(ENOSPC, SEALIFT_IO, "no space left on the target; free some");
    expect(EDQUOT, SEALIFT_IO, "quota");
    expect(EROFS, SEALIFT_IO, "remount");
    expect(EEXIST, SEALIFT_CONFLICT, "there already");
    expect(ELOOP, SEALIFT_CONFLICT, "symbolic link");
    expect(ENOTDIR, SEALIFT_CONFLICT, "no directory");
    expect(EXDEV, SEALIFT_CONFLICT, "unmount it");
    expect(ENOKEY, SEALIFT_KEY, "unlock it");
    expect(EACCES, SEALIFT_DENIED, "Permission denied");
    expect(EIO, SEALIFT_IO, "Input/output error");
}

Test(report, does_not_blame_the_entry_for_our_own_limits)
{
    cr_assert_eq(report_failure(&report, EMFILE, bytes_of_text("a/b"), "write", &err), SEALIFT_NO_MEMORY);
    cr_assert_null(strstr(err.message, "a/b"));
}

static char told[256];

static void
note(void *context, struct bytes path, const char *what)
{
    cr_assert_eq(context, &told);
    cr_assert(bytes_equal(path, bytes_of_text("a/b")));
    strncpy(told, what, sizeof(told) - 1);
}

Test(report, tells_what_was_left_out)
{
    const struct report telling = {"/srv/home2", note, &told};

    report_degraded(&telling, bytes_of_text("a/b"), "its mode %04o could not be set", 0644);
    cr_assert_str_eq(told, "its mode 0644 could not be set");
    report_degraded(&report, bytes_of_text("a/b"), "nobody listens");
}
