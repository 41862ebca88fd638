#include "world.h"

#include "scripted_world.h"

#include <criterion/criterion.h>
#include <string.h>

static void
assert_both_ways(int64_t wall_ns, const char *text)
{
    char out[32];
    int64_t read;

    time_format_ns(wall_ns, out);
    cr_assert_str_eq(out, text);
    cr_assert(time_parse(text, &read), "%s", text);
    cr_assert_eq(read, wall_ns, "%s", text);
}

Test(world, writes_and_reads_times_to_the_nanosecond)
{
    assert_both_ways(0, "1970-01-01T00:00:00.000000000Z");
    assert_both_ways(1, "1970-01-01T00:00:00.000000001Z");
    assert_both_ways(-1, "1969-12-31T23:59:59.999999999Z");
    assert_both_ways(1795531557 * NS_PER_S + 123456789, "2026-11-24T14:45:57.123456789Z");
    assert_both_ways(951782400 * NS_PER_S, "2000-02-29T00:00:00.000000000Z");
    assert_both_ways(INT64_MAX, "2262-04-11T23:47:16.854775807Z");
}

Test(world, writes_whole_seconds_rounded_down)
{
    char out[32];

    time_format(1795531557 * NS_PER_S + 999999999, out);
    cr_assert_str_eq(out, "2026-11-24T14:45:57Z");
    time_format(-1, out);
    cr_assert_str_eq(out, "1969-12-31T23:59:59Z");
}

Test(world, reads_fractions_of_any_length_up_to_nine)
{
    int64_t wall_ns;

    cr_assert(time_parse("1970-01-01T00:00:01Z", &wall_ns));
    cr_assert_eq(wall_ns, NS_PER_S);
    cr_assert(time_parse("1970-01-01T00:00:00.5Z", &wall_ns));
    cr_assert_eq(wall_ns, NS_PER_S / 2);
    cr_assert(time_parse("1970-01-01T00:00:00.250Z", &wall_ns));
    cr_assert_eq(wall_ns, NS_PER_S / 4);
}

Test(world, refuses_other_times)
{
    static const char *const refused[] = {
        "",
        "Z",
        "2026-11-24",
        "2026-11-24T14:45:57",
        "2026-11-24T14:45:57z",
        "2026-11-24T14:45:57+00:00",
        "2026-11-24 14:45:57Z",
        "2026-11-24T14:45Z",
        " 2026-11-24T14:45:57Z",
        "2026-11-24T14:45:57Z ",
        "2026-11- 4T14:45:57Z",
        "2026-1-24T14:45:57Z",
        "2026-02-30T14:45:57Z",
        "2025-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-11-24T24:00:00Z",
        "2026-11-24T14:60:57Z",
        "2026-11-24T14:45:57.Z",
        "2026-11-24T14:45:57.1234567890Z",
        "2026-11-24T14:45:57.12a4Z",
        "2026-11-24T14:45:57,5Z",
        "2262-04-11T23:47:16.854775808Z",
        "9999-12-31T23:59:59Z",
        "99999-12-31T23:59:59Z",
        "1500-01-01T00:00:00Z",
    };
    int64_t wall_ns = 77;

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        cr_assert_not(time_parse(refused[i], &wall_ns), "%s", refused[i]);
    cr_assert_eq(wall_ns, 77, "nothing is written on failure");
}

Test(world, says_when_somebody_asked_to_stop)
{
    static struct scripted_world scripted;
    struct sealift_error err;

    scripted_world_init(&scripted, "2026-11-24T14:45:57Z");
    cr_assert_eq(world_check_cancel(&scripted.world, &err), SEALIFT_OK);
    atomic_store(&scripted.cancel.asked, true);
    cr_assert_eq(world_check_cancel(&scripted.world, &err), SEALIFT_CANCELLED);
    cr_assert_str_eq(err.message, "stopped on request");
    cr_assert_not(cancel_asked(NULL));
}

Test(world, sleeps_no_longer_than_until_a_cancellation, .timeout = 10)
{
    struct cancel cancel = {true};
    int64_t before = clock_system.mono_ns(&clock_system);

    clock_system.sleep_ns(&clock_system, 3600 * NS_PER_S, &cancel);
    atomic_store(&cancel.asked, false);
    clock_system.sleep_ns(&clock_system, 60 * NS_PER_MS, &cancel);
    cr_assert_geq(clock_system.mono_ns(&clock_system) - before, 60 * NS_PER_MS);
}

Test(world, draws_different_bytes_each_time)
{
    uint8_t a[1000] = {0}, b[1000] = {0}, zeros[16] = {0};

    entropy_system.fill(&entropy_system, a, sizeof(a));
    entropy_system.fill(&entropy_system, b, sizeof(b));
    cr_assert_neq(memcmp(a, b, sizeof(a)), 0);
    for (size_t i = 0; i + sizeof(zeros) <= sizeof(a); i += sizeof(zeros))
        cr_assert_neq(memcmp(a + i, zeros, sizeof(zeros)), 0, "16 bytes at %zu were left out", i);
}

Test(world, logs_what_reaches_the_threshold_on_one_line)
{
    static struct scripted_world scripted;

    scripted_world_init(&scripted, "2026-11-24T14:45:57Z");
    scripted.logger.threshold = LOG_INFO;
    world_log(&scripted.world, LOG_DEBUG, "too quiet");
    world_log(&scripted.world, LOG_WARNING, "a%c[2J %s", 0x1b, "two\nlines");
    cr_assert_str_eq(scripted.log, "a\\x1b[2J two\\x0alines\n");
    scripted.world.logger = NULL;
    world_log(&scripted.world, LOG_WARNING, "nobody listens");
}
