#include "little_endian.h"

void
le_put_u16(uint8_t *out, uint16_t value)
{
    out[0] = (uint8_t)value;
    out[1] = (uint8_t)(value >> 8);
}

void
le_put_u32(uint8_t *out, uint32_t value)
{
    le_put_u16(out, (uint16_t)value);
    le_put_u16(out + 2, (uint16_t)(value >> 16));
}

uint16_t
le_get_u16(const uint8_t *in)
{
    return (uint16_t)(in[0] | in[1] << 8);
}

uint32_t
le_get_u32(const uint8_t *in)
{
    return le_get_u16(in) | (uint32_t)le_get_u16(in + 2) << 16;
}

uint64_t
le_get_u64(const uint8_t *in)
{
    return le_get_u32(in) | (uint64_t)le_get_u32(in + 4) << 32;
}
