#include "quantity.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_SECOND INT64_C(1000000000)

void
quantity_write_bytes(uint64_t bytes, char out[QUANTITY_TEXT])
{
    static const char units[] = "KMGTPE";
    double value = (double)bytes / 1024;
    size_t unit = 0;

    if (bytes < 1024) {
        snprintf(out, QUANTITY_TEXT, "%u B", (unsigned)bytes);
        return;
    }
    /* 1023.95 would be rounded to 1024.0. */
    for (; value >= 1023.95; unit++)
        value /= 1024;
    snprintf(out, QUANTITY_TEXT, "%.1f %ciB", value, units[unit]);
}

void
quantity_write_seconds(double seconds, char out[QUANTITY_TEXT])
{
    uint64_t total = seconds > 0 && seconds < 1e15 ? (uint64_t)(seconds + 0.5) : 0;
    unsigned long long days = total / 86400;
    unsigned hours = (unsigned)(total / 3600 % 24), minutes = (unsigned)(total / 60 % 60);
    unsigned rest = (unsigned)(total % 60);

    if (days > 0)
        snprintf(out, QUANTITY_TEXT, "%llu day%s %u:%02u:%02u", days, days == 1 ? "" : "s", hours, minutes, rest);
    else if (hours > 0)
        snprintf(out, QUANTITY_TEXT, "%u:%02u:%02u", hours, minutes, rest);
    else
        snprintf(out, QUANTITY_TEXT, "%u:%02u", minutes, rest);
}

static time_t
floor_to_second(int64_t wall_ns)
{
    return (time_t)(wall_ns / NS_PER_SECOND - (wall_ns % NS_PER_SECOND < 0 ? 1 : 0));
}

void
quantity_write_time_utc(int64_t wall_ns, char out[QUANTITY_TEXT])
{
    time_t second = floor_to_second(wall_ns);
    struct tm parts;

    gmtime_r(&second, &parts);
    strftime(out, QUANTITY_TEXT, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

void
quantity_write_time_local(int64_t wall_ns, char out[QUANTITY_TEXT])
{
    time_t second = floor_to_second(wall_ns);
    struct tm parts;

    localtime_r(&second, &parts);
    strftime(out, QUANTITY_TEXT, "%Y-%m-%d %H:%M:%S", &parts);
}

/* A whole number above zero at the beginning of `text`; *ret_rest is what follows it. */
static bool
parse_number(const char *text, uint64_t *ret_number, const char **ret_rest)
{
    unsigned long long number;
    char *end;

    if (*text < '0' || *text > '9') /* strtoull() would take blanks and signs */
        return false;
    errno = 0;
    number = strtoull(text, &end, 10);
    if (errno != 0 || number == 0)
        return false;
    *ret_number = number;
    *ret_rest = end;
    return true;
}

bool
quantity_parse_bytes(const char *text, uint64_t *ret_bytes)
{
    static const char suffixes[] = "KMGTkmgt";
    const char *suffix;
    uint64_t number;
    unsigned shift;

    if (!parse_number(text, &number, &text))
        return false;
    if (*text == '\0') {
        *ret_bytes = number;
        return true;
    }
    suffix = strchr(suffixes, *text);
    if (suffix == NULL || (text[1] != '\0' && strcmp(text + 1, "iB") != 0))
        return false;
    shift = 10 * ((unsigned)(suffix - suffixes) % 4 + 1);
    if (number > UINT64_MAX >> shift)
        return false;
    *ret_bytes = number << shift;
    return true;
}

struct unit {
    const char *suffix;
    int factor;
};

/* A number and one of the units. */
static bool
parse_with_unit(const char *text, const struct unit *units, size_t count, int64_t *ret_value)
{
    uint64_t number;

    if (!parse_number(text, &number, &text) || number > INT_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, units[i].suffix) != 0)
            continue;
        *ret_value = (int64_t)number * units[i].factor;
        return true;
    }
    return false;
}

bool
quantity_parse_days(const char *text, int64_t *ret_days)
{
    static const struct unit units[] = {{"", 1}, {"d", 1}, {"w", 7}, {"y", 365}};

    return parse_with_unit(text, units, sizeof(units) / sizeof(units[0]), ret_days);
}

bool
quantity_parse_duration(const char *text, int64_t *ret_seconds)
{
    static const struct unit units[] = {{"s", 1}, {"m", 60}, {"h", 3600}};

    return parse_with_unit(text, units, sizeof(units) / sizeof(units[0]), ret_seconds);
}

bool
quantity_parse_count(const char *text, unsigned *ret_count)
{
    uint64_t number;

    if (!parse_number(text, &number, &text) || *text != '\0' || number > UINT_MAX)
        return false;
    *ret_count = (unsigned)number;
    return true;
}
