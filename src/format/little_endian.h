/* Integers as bytes, lowest first. */
#ifndef LITTLE_ENDIAN_H
#define LITTLE_ENDIAN_H

#include <stdint.h>

void le_put_u16(uint8_t *out, uint16_t value);
void le_put_u32(uint8_t *out, uint32_t value);
uint16_t le_get_u16(const uint8_t *in);
uint32_t le_get_u32(const uint8_t *in);
uint64_t le_get_u64(const uint8_t *in);

#endif
