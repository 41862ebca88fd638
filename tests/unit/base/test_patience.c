#include "patience.h"

#include "error.h"
#include "scripted_world.h"

#include <criterion/criterion.h>
#include <string.h>

static struct scripted_world scripted;
static struct sealift_error err;

static void
set_up(void)
{
    scripted_world_init(&scripted, "2026-11-24T14:45:57Z");
}

TestSuite(patience, .init = set_up);

static bool
lasts_after(struct patience *patience, enum sealift_status status)
{
    cr_assert_eq(error_set(&err, status, "vault is sealed"), status);
    return patience_lasts(patience, &err);
}

static unsigned
count_tries(struct patience *patience, enum sealift_status status)
{
    unsigned tries = 1;

    while (lasts_after(patience, status))
        tries++;
    return tries;
}

Test(patience, lasts_as_long_as_it_was_told)
{
    struct patience patience = patience_begin(&scripted.world, 5);

    cr_assert_eq(count_tries(&patience, SEALIFT_UNAVAILABLE), 4u, "after 2, 4 and 5 seconds");
    cr_assert_eq(scripted.slept_ns, 5 * NS_PER_S);
    cr_assert_eq(err.status, SEALIFT_UNAVAILABLE);
    cr_assert_str_eq(err.message, "vault is sealed");
}

Test(patience, says_once_what_it_waits_for)
{
    struct patience patience = patience_begin(&scripted.world, 600);

    count_tries(&patience, SEALIFT_UNAVAILABLE);
    cr_assert_str_eq(scripted.log, "waits up to 600 s for the KMS: vault is sealed\n");
}

Test(patience, has_an_end_for_all_that_share_it)
{
    struct patience patience = patience_begin(&scripted.world, 5);

    count_tries(&patience, SEALIFT_UNAVAILABLE);
    cr_assert_eq(count_tries(&patience, SEALIFT_UNAVAILABLE), 1u);
}

Test(patience, is_for_what_passes_only)
{
    struct patience patience = patience_begin(&scripted.world, 600);

    cr_assert_eq(count_tries(&patience, SEALIFT_DENIED), 1u);
    cr_assert_eq(count_tries(&patience, SEALIFT_NOT_FOUND), 1u);
    cr_assert_eq(scripted.slept_ns, 0);
    cr_assert_str_eq(scripted.log, "");
}

Test(patience, of_no_length_does_not_wait)
{
    struct patience patience = patience_begin(&scripted.world, 0);

    cr_assert_eq(count_tries(&patience, SEALIFT_UNAVAILABLE), 1u);
    cr_assert_eq(scripted.slept_ns, 0);
}

Test(patience, holds_the_longest_wish)
{
    struct patience patience = patience_begin(&scripted.world, INT64_MAX);

    cr_assert(lasts_after(&patience, SEALIFT_UNAVAILABLE));
}

Test(patience, ends_when_somebody_asks_to_stop)
{
    struct patience patience = patience_begin(&scripted.world, 600);

    atomic_store(&scripted.cancel.asked, true);
    cr_assert_eq(count_tries(&patience, SEALIFT_UNAVAILABLE), 1u);
    cr_assert_eq(err.status, SEALIFT_CANCELLED);
}

Test(patience, leaves_a_request_what_is_left_and_five_seconds_at_least)
{
    const int64_t now = scripted.clock.mono_ns(&scripted.clock);

    cr_assert_eq(patience_for_request(&scripted.world, 0), INT64_MAX);
    cr_assert_eq(patience_for_request(&scripted.world, now + 60 * NS_PER_S), 60 * NS_PER_S);
    cr_assert_eq(patience_for_request(&scripted.world, now + NS_PER_S), 5 * NS_PER_S);
    cr_assert_eq(patience_for_request(&scripted.world, now - 60 * NS_PER_S), 5 * NS_PER_S);
}
