#include "progress_line.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct sealift_progress half = {
    .stage = "upload", .files = 1234, .bytes = UINT64_C(1) << 30, .bytes_total = UINT64_C(2) << 30, .seconds = 10};
static const struct pace steady = {.rate = 128 << 20};

static const char *
bar(const struct sealift_progress *progress, const struct pace *pace, size_t width)
{
    static char line[PROGRESS_LINE_SIZE];

    progress_line_bar(progress, pace, width, line);
    cr_assert_leq(strlen(line), width, "%s", line);
    return line;
}

static const char *
plain(const struct sealift_progress *progress, const struct pace *pace)
{
    static char line[PROGRESS_LINE_SIZE];

    progress_line_plain(progress, pace, line);
    return line;
}

Test(progress_line, fills_the_terminal)
{
    cr_assert_str_eq(bar(&half, &steady, 100), "upload  50% [===============>               ] "
                                               "1.0 GiB of 2.0 GiB, 128.0 MiB/s, 0:08 left, 1234 files");
}

Test(progress_line, leaves_out_what_fits_least)
{
    cr_assert_str_eq(bar(&half, &steady, 60), "upload  50% 1.0 GiB of 2.0 GiB, 128.0 MiB/s, 0:08 left");
    cr_assert_str_eq(bar(&half, &steady, 45), "upload  50% 1.0 GiB of 2.0 GiB, 128.0 MiB/s");
    cr_assert_str_eq(bar(&half, &steady, 40), "upload  50% 1.0 GiB of 2.0 GiB");
    cr_assert_str_eq(bar(&half, &steady, 20), "upload  50% 1.0 GiB");
    cr_assert_str_eq(bar(&half, &steady, 6), "upload");
    cr_assert_str_eq(bar(&half, &steady, 0), "");
}

Test(progress_line, draws_no_bar_without_a_total)
{
    struct sealift_progress progress = half;

    progress.bytes_total = 0;
    cr_assert_str_eq(bar(&progress, &steady, 100), "upload 1.0 GiB, 128.0 MiB/s, 1234 files");
    cr_assert_str_eq(plain(&progress, &steady), "upload: 1.0 GiB, 128.0 MiB/s, 1234 files");
}

Test(progress_line, goes_by_entries_when_there_are_no_bytes)
{
    const struct sealift_progress empty_files = {.stage = "download", .files = 1, .entries = 3, .entries_total = 4};

    cr_assert_str_eq(plain(&empty_files, &(struct pace){0}), "download: 75%, 0 B, 1 file");
}

Test(progress_line, never_goes_beyond_the_end)
{
    struct sealift_progress progress = half;

    progress.bytes = 3 * progress.bytes_total; /* a file grew while it was read */
    cr_assert_str_eq(plain(&progress, &steady), "upload: 100%, 6.0 GiB of 2.0 GiB, 128.0 MiB/s, 1234 files");
    cr_assert_neq(strstr(bar(&progress, &steady, 120), "=] "), NULL);
}

Test(progress_line, is_a_sentence_for_logs)
{
    cr_assert_str_eq(plain(&half, &steady), "upload: 50%, 1.0 GiB of 2.0 GiB, 128.0 MiB/s, 0:08 left, 1234 files");
}

/* Feeds `count` reports, a second apart. */
static void
feed(struct pace *pace, struct sealift_progress *progress, unsigned count, uint64_t rate)
{
    for (unsigned i = 0; i < count; i++) {
        progress->seconds += 1;
        progress->bytes += rate;
        pace_feed(pace, progress);
    }
}

Test(pace, follows_a_change_within_seconds_and_not_at_once)
{
    struct sealift_progress progress = {0};
    struct pace pace = {0};

    feed(&pace, &progress, 30, 1000);
    cr_assert_float_eq(pace.rate, 1000, 1);
    feed(&pace, &progress, 1, 2000);
    cr_assert(pace.rate > 1000 && pace.rate < 1500);
    feed(&pace, &progress, 60, 2000);
    cr_assert_float_eq(pace.rate, 2000, 1);
}

Test(pace, is_not_misled_by_a_slow_start)
{
    struct sealift_progress progress = {0};
    struct pace pace = {0};

    feed(&pace, &progress, 1, 10);
    feed(&pace, &progress, 3, 1000);
    cr_assert_float_eq(pace.rate, 752.5, 1, "the mean of the first seconds");
}

Test(pace, begins_anew_with_a_new_stage)
{
    struct sealift_progress progress = {0};
    struct pace pace = {0};

    feed(&pace, &progress, 10, 1000);
    progress.bytes = 0;
    progress.seconds += 1;
    pace_feed(&pace, &progress);
    cr_assert_eq(pace.rate, 0);
    feed(&pace, &progress, 1, 50);
    cr_assert_float_eq(pace.rate, 50, 1);
}

Test(pace, does_not_measure_by_an_instant)
{
    struct pace pace = {0};

    pace_feed(&pace, &(struct sealift_progress){.seconds = 0.01, .bytes = 1 << 20});
    cr_assert_eq(pace.rate, 0);
}
