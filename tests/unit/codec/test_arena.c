#include "arena.h"

#include <criterion/criterion.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

Test(arena, hands_out_zeroed_aligned_pieces_that_do_not_overlap)
{
    struct arena arena = {0};
    uint8_t *pieces[500];

    for (size_t i = 0; i < 500; i++) {
        pieces[i] = arena_take(&arena, i);
        cr_assert_not_null(pieces[i]);
        cr_assert_eq((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        for (size_t at = 0; at < i; at++)
            cr_assert_eq(pieces[i][at], 0);
        memset(pieces[i], (int)(i % 251 + 1), i);
    }
    for (size_t i = 0; i < 500; i++)
        for (size_t at = 0; at < i; at++)
            cr_assert_eq(pieces[i][at], i % 251 + 1);
    arena_done(&arena);
    cr_assert_null(arena.newest);
}

Test(arena, takes_pieces_larger_than_its_blocks)
{
    struct arena arena = {0};
    uint8_t *large = arena_take(&arena, (size_t)5 << 20), *small = arena_take(&arena, 1);

    cr_assert_not_null(large);
    cr_assert_not_null(small);
    memset(large, 1, (size_t)5 << 20);
    cr_assert_eq(*small, 0);
    arena_done(&arena);
}

Test(arena, gives_null_for_what_no_memory_can_hold)
{
    struct arena arena = {0};

    cr_assert_null(arena_take(&arena, SIZE_MAX));
    cr_assert_null(arena_take(&arena, SIZE_MAX / 5));
    arena_done(&arena);
}
