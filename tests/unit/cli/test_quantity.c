#include "quantity.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

static const char *
bytes(uint64_t value)
{
    static char text[QUANTITY_TEXT];

    quantity_write_bytes(value, text);
    return text;
}

static const char *
seconds(double value)
{
    static char text[QUANTITY_TEXT];

    quantity_write_seconds(value, text);
    return text;
}

Test(quantity, writes_sizes_in_powers_of_1024_with_one_decimal)
{
    cr_assert_str_eq(bytes(0), "0 B");
    cr_assert_str_eq(bytes(1023), "1023 B");
    cr_assert_str_eq(bytes(1024), "1.0 KiB");
    cr_assert_str_eq(bytes(1536), "1.5 KiB");
    cr_assert_str_eq(bytes(UINT64_C(5) << 30), "5.0 GiB");
    cr_assert_str_eq(bytes(UINT64_MAX), "16.0 EiB");
}

Test(quantity, rounds_up_into_the_next_unit)
{
    cr_assert_str_eq(bytes((UINT64_C(1) << 20) - 1), "1.0 MiB");
    cr_assert_str_eq(bytes((UINT64_C(1) << 20) - 60), "1023.9 KiB");
}

Test(quantity, writes_durations_like_a_clock)
{
    cr_assert_str_eq(seconds(0), "0:00");
    cr_assert_str_eq(seconds(0.6), "0:01");
    cr_assert_str_eq(seconds(61), "1:01");
    cr_assert_str_eq(seconds(7384), "2:03:04");
    cr_assert_str_eq(seconds(86401), "1 day 0:00:01");
    cr_assert_str_eq(seconds(3 * 86400.0), "3 days 0:00:00");
    cr_assert_str_eq(seconds(-5), "0:00");
    cr_assert_str_eq(seconds(1e300), "0:00");
}

Test(quantity, writes_times_in_utc_and_local)
{
    char text[QUANTITY_TEXT];

    setenv("TZ", "UTC-2", 1); /* two hours east */
    tzset();
    quantity_write_time_utc(INT64_C(1764000000999999999), text);
    cr_assert_str_eq(text, "2025-11-24T16:00:00Z");
    quantity_write_time_local(INT64_C(1764000000999999999), text);
    cr_assert_str_eq(text, "2025-11-24 18:00:00");
    quantity_write_time_utc(-1, text);
    cr_assert_str_eq(text, "1969-12-31T23:59:59Z");
}

Test(quantity, reads_sizes_with_and_without_a_suffix)
{
    uint64_t size;

    cr_assert(quantity_parse_bytes("64", &size) && size == 64);
    cr_assert(quantity_parse_bytes("64K", &size) && size == 65536);
    cr_assert(quantity_parse_bytes("64k", &size) && size == 65536);
    cr_assert(quantity_parse_bytes("3MiB", &size) && size == 3 << 20);
    cr_assert(quantity_parse_bytes("2G", &size) && size == UINT64_C(2) << 30);
    cr_assert(quantity_parse_bytes("1T", &size) && size == UINT64_C(1) << 40);
}

Test(quantity, refuses_what_is_no_size)
{
    static const char *const texts[] = {"",         "0",   "-1",  "+1", " 1",  "1 ",   "K",
                                        "1.5G",     "1KB", "1Ki", "1X", "1KK", "0x10", "18446744073709551616",
                                        "16777216T"};
    uint64_t size = 7;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        cr_assert_not(quantity_parse_bytes(texts[i], &size), "%s", texts[i]);
    cr_assert_eq(size, 7);
}

Test(quantity, reads_days_weeks_and_years)
{
    int64_t days;

    cr_assert(quantity_parse_days("30", &days) && days == 30);
    cr_assert(quantity_parse_days("30d", &days) && days == 30);
    cr_assert(quantity_parse_days("4w", &days) && days == 28);
    cr_assert(quantity_parse_days("2y", &days) && days == 730);
    cr_assert_not(quantity_parse_days("0d", &days));
    cr_assert_not(quantity_parse_days("4h", &days));
    cr_assert_not(quantity_parse_days("99999999999", &days));
}

Test(quantity, reads_seconds_minutes_and_hours)
{
    int64_t seconds = 7;

    cr_assert(quantity_parse_duration("90s", &seconds) && seconds == 90);
    cr_assert(quantity_parse_duration("5m", &seconds) && seconds == 300);
    cr_assert(quantity_parse_duration("1h", &seconds) && seconds == 3600);
    cr_assert_not(quantity_parse_duration("5", &seconds), "seconds or minutes?");
    cr_assert_not(quantity_parse_duration("0s", &seconds));
    cr_assert_not(quantity_parse_duration("-1s", &seconds));
    cr_assert_not(quantity_parse_duration("1h30m", &seconds));
    cr_assert_not(quantity_parse_duration("5d", &seconds));
    cr_assert_not(quantity_parse_duration("99999999999s", &seconds));
    cr_assert_eq(seconds, 3600);
}

Test(quantity, reads_counts)
{
    unsigned count;

    cr_assert(quantity_parse_count("12", &count) && count == 12);
    cr_assert_not(quantity_parse_count("0", &count));
    cr_assert_not(quantity_parse_count("12a", &count));
    cr_assert_not(quantity_parse_count("4294967296", &count));
}
