/* Sizes, times and durations: as people write them and as they like to read them. */
#ifndef QUANTITY_H
#define QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

#define QUANTITY_TEXT 48 /* room for whatever is written here */

void quantity_write_bytes(uint64_t bytes, char out[QUANTITY_TEXT]);       /* "640 B", "1.5 GiB" */
void quantity_write_seconds(double seconds, char out[QUANTITY_TEXT]);     /* "0:07", "2:03:04", "3 days 0:00:01" */
void quantity_write_time_utc(int64_t wall_ns, char out[QUANTITY_TEXT]);   /* "2026-11-24T14:45:57Z" */
void quantity_write_time_local(int64_t wall_ns, char out[QUANTITY_TEXT]); /* "2026-11-24 15:45:57" */

/* Each takes the whole text or none of it; zero, signs and what does not fit are refused. */
bool quantity_parse_bytes(const char *text,
                          uint64_t *ret_bytes); /* "64", "64K", "64KiB", "64k"; K, M, G, T: powers of 1024 */
bool quantity_parse_days(const char *text, int64_t *ret_days);        /* "30", "30d", "4w", "1y" */
bool quantity_parse_duration(const char *text, int64_t *ret_seconds); /* "90s", "5m", "1h" */
bool quantity_parse_count(const char *text, unsigned *ret_count);

#endif
