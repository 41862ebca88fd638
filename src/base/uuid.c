#include "uuid.h"

#include <string.h>

static struct uuid
random_uuid(const struct world *world, uint8_t version)
{
    struct uuid uuid;

    world->entropy->fill(world->entropy, uuid.bytes, sizeof(uuid.bytes));
    uuid.bytes[6] = (uint8_t)((uuid.bytes[6] & 0x0f) | version << 4);
    uuid.bytes[8] = (uint8_t)((uuid.bytes[8] & 0x3f) | 0x80);
    return uuid;
}

struct uuid
uuid_v4(const struct world *world)
{
    return random_uuid(world, 4);
}

static int64_t
milliseconds_of(const struct uuid *uuid)
{
    int64_t ms = 0;

    for (int i = 0; i < 6; i++)
        ms = ms << 8 | uuid->bytes[i];
    return ms;
}

int64_t
uuid_v7_wall_ns(const struct uuid *uuid)
{
    return milliseconds_of(uuid) * NS_PER_MS;
}

#define MS_MAX (((int64_t)1 << 48) - 1)

/* RFC 9562, section 5.7: 48 bits of milliseconds, big-endian, then randomness. */
static struct uuid
uuid_of_ms(const struct world *world, int64_t ms)
{
    struct uuid uuid = random_uuid(world, 7);

    for (int i = 5; i >= 0; i--, ms >>= 8)
        uuid.bytes[i] = (uint8_t)ms;
    return uuid;
}

struct uuid
uuid_v7(const struct world *world)
{
    return uuid_of_ms(world, world->clock->wall_ns(world->clock) / NS_PER_MS);
}

struct uuid
uuid_v7_behind(const struct world *world, const struct uuid *newest)
{
    int64_t ms = world->clock->wall_ns(world->clock) / NS_PER_MS;
    int64_t taken = milliseconds_of(newest);

    return uuid_of_ms(world, ms > taken || taken == MS_MAX ? ms : taken + 1);
}

bool
uuid_equal(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

int
uuid_compare(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool
uuid_is_zero(const struct uuid *uuid)
{
    return uuid_equal(uuid, &(struct uuid){0});
}

static bool
is_dash_place(size_t at)
{
    return at == 8 || at == 13 || at == 18 || at == 23;
}

void
uuid_format(const struct uuid *uuid, char out[UUID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;

    for (size_t i = 0; i < sizeof(uuid->bytes); i++) {
        if (is_dash_place(at))
            out[at++] = '-';
        out[at++] = digits[uuid->bytes[i] >> 4];
        out[at++] = digits[uuid->bytes[i] & 15];
    }
    out[at] = '\0';
}

static int
digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

bool
uuid_parse(const char *text, struct uuid *ret_uuid)
{
    struct uuid uuid;
    size_t n = 0;

    if (strnlen(text, UUID_TEXT_SIZE) != UUID_TEXT_SIZE - 1)
        return false;
    for (size_t at = 0; at < UUID_TEXT_SIZE - 1;) {
        int high, low;

        if (is_dash_place(at)) {
            if (text[at++] != '-')
                return false;
            continue;
        }
        high = digit_value(text[at++]);
        low = digit_value(text[at++]);
        if (high < 0 || low < 0)
            return false;
        uuid.bytes[n++] = (uint8_t)(high << 4 | low);
    }
    *ret_uuid = uuid;
    return true;
}
