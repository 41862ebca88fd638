#include "little_endian.h"

#include <criterion/criterion.h>
#include <string.h>

Test(little_endian, puts_the_lowest_byte_first)
{
    static const uint8_t bytes[] = {0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x91};
    uint8_t out[4];

    cr_assert_eq(le_get_u16(bytes), 0x7788);
    cr_assert_eq(le_get_u32(bytes), 0x55667788);
    cr_assert_eq(le_get_u64(bytes), UINT64_C(0x9122334455667788));
    le_put_u32(out, 0x55667788);
    cr_assert_eq(memcmp(out, bytes, 4), 0);
    le_put_u16(out, 0x9122);
    cr_assert(out[0] == 0x22 && out[1] == 0x91);
}
