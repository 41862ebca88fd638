#include "backoff.h"

#include "scripted_world.h"

#include <criterion/criterion.h>
#include <string.h>

static struct scripted_world scripted;

static void
set_world(void)
{
    scripted_world_init(&scripted, "2026-11-24T14:45:57Z");
}

TestSuite(backoff, .init = set_world);

/* Draws the largest number that there is, so that every wait is the longest that is allowed, but for what the modulus
 * takes. */
static void
draw_largest(struct entropy *entropy, void *out, size_t len)
{
    (void)entropy;
    memset(out, 0xff, len);
}

static int64_t
slept_by(struct backoff *backoff)
{
    int64_t before = scripted.slept_ns;

    cr_assert(backoff_wait(backoff, &scripted.world));
    return scripted.slept_ns - before;
}

Test(backoff, never_waits_longer_than_twice_the_time_before_nor_than_its_cap)
{
    for (int i = 0; i < 50; i++) {
        struct backoff backoff = {.base_ns = 100, .cap_ns = 500, .tries = 6};
        static const int64_t longest[] = {100, 200, 400, 500, 500};

        for (size_t wait = 0; wait < 5; wait++) {
            int64_t slept = slept_by(&backoff);

            cr_assert(slept >= 0 && slept <= longest[wait], "wait %zu: %lld", wait, (long long)slept);
        }
    }
}

Test(backoff, spreads_its_waits_over_the_whole_time)
{
    int64_t shortest = INT64_MAX, longest = 0;

    for (int i = 0; i < 500; i++) {
        struct backoff backoff = {.base_ns = 1000, .cap_ns = 1000, .tries = 2};
        int64_t slept = slept_by(&backoff);

        shortest = slept < shortest ? slept : shortest;
        longest = slept > longest ? slept : longest;
    }
    cr_assert_lt(shortest, 100);
    cr_assert_gt(longest, 900);
}

Test(backoff, bears_the_largest_times)
{
    struct backoff backoff = {.base_ns = INT64_MAX / 4, .cap_ns = INT64_MAX, .tries = 10};

    scripted.entropy.fill = draw_largest;
    for (int i = 0; i < 9; i++) {
        scripted.wall_ns = 0; /* time must not overflow either */
        scripted.slept_ns = 0;
        cr_assert_geq(slept_by(&backoff), 0);
    }
}

Test(backoff, gives_up_when_the_tries_are_used_up)
{
    struct backoff backoff = {.base_ns = 100, .cap_ns = 100, .tries = 3};

    cr_assert(backoff_wait(&backoff, &scripted.world));
    cr_assert(backoff_wait(&backoff, &scripted.world));
    cr_assert_not(backoff_wait(&backoff, &scripted.world));
    cr_assert_eq(scripted.sleeps, 2);
    cr_assert_eq(backoff.tried, 3);
}

Test(backoff, does_not_sleep_when_there_is_only_one_try)
{
    struct backoff backoff = {.base_ns = 100, .cap_ns = 100, .tries = 1};

    cr_assert_not(backoff_wait(&backoff, &scripted.world));
    cr_assert_eq(scripted.sleeps, 0);
}

static void
be_cancelled(struct clock *clock, int64_t ns, const struct cancel *cancel)
{
    (void)clock;
    (void)ns;
    (void)cancel;
    atomic_store(&scripted.cancel.asked, true);
}

Test(backoff, stops_when_it_is_cancelled_while_it_sleeps)
{
    struct backoff backoff = {.base_ns = 100, .cap_ns = 100, .tries = 9};

    scripted.clock.sleep_ns = be_cancelled;
    cr_assert_not(backoff_wait(&backoff, &scripted.world));
}

Test(backoff, does_not_sleep_once_it_is_cancelled)
{
    struct backoff backoff = {.base_ns = 100, .cap_ns = 100, .tries = 9};

    atomic_store(&scripted.cancel.asked, true);
    cr_assert_not(backoff_wait(&backoff, &scripted.world));
    cr_assert_eq(scripted.sleeps, 0);
}
