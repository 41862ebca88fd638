/* UUIDs (RFC 9562): version 4 names filesystems; version 7, which sorts by time, names uploads and key records. */
#ifndef UUID_H
#define UUID_H

#include "world.h"

#define UUID_TEXT_SIZE 37 /* 8-4-4-4-12 in lower case and a NUL */

struct uuid {
    uint8_t bytes[16];
};

struct uuid uuid_v4(const struct world *world);
struct uuid uuid_v7(const struct world *world);
/* One that sorts behind `newest`, whatever our clock says: of the next millisecond, if need be. */
struct uuid uuid_v7_behind(const struct world *world, const struct uuid *newest);
int64_t uuid_v7_wall_ns(const struct uuid *uuid); /* the millisecond it was made, as nanoseconds since 1970 */
bool uuid_equal(const struct uuid *a, const struct uuid *b);
int uuid_compare(const struct uuid *a, const struct uuid *b); /* as their texts sort: of version 7, the older first */
bool uuid_is_zero(const struct uuid *uuid);                   /* how structs say that there is none */
void uuid_format(const struct uuid *uuid, char out[UUID_TEXT_SIZE]);
/* Only the canonical form: 36 characters, lower case. */
bool uuid_parse(const char *text, struct uuid *ret_uuid);

#endif
