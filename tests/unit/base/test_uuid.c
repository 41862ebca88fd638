#include "uuid.h"

#include "scripted_world.h"

#include <criterion/criterion.h>
#include <string.h>

static struct scripted_world scripted;

static void
set_world(void)
{
    scripted_world_init(&scripted, "2022-02-22T19:22:22Z");
}

TestSuite(uuid, .init = set_world);

Test(uuid, marks_version_and_variant_of_random_ones)
{
    for (int i = 0; i < 100; i++) {
        struct uuid uuid = uuid_v4(&scripted.world);

        cr_assert_eq(uuid.bytes[6] >> 4, 4);
        cr_assert_eq(uuid.bytes[8] >> 6, 2);
    }
}

/* The example of RFC 9562, appendix A.6, is of this second: 017F22E2-79B0-7... */
Test(uuid, puts_the_milliseconds_first_as_in_the_example_of_rfc_9562)
{
    struct uuid uuid = uuid_v7(&scripted.world);
    char text[UUID_TEXT_SIZE];

    uuid_format(&uuid, text);
    cr_assert_eq(strncmp(text, "017f22e2-79b0-7", 15), 0, "%s", text);
    cr_assert_eq(uuid.bytes[8] >> 6, 2);
    cr_assert_eq(uuid_v7_wall_ns(&uuid), scripted.wall_ns);
}

Test(uuid, sorts_by_time)
{
    struct uuid early = uuid_v7(&scripted.world), late;

    scripted.wall_ns += NS_PER_MS;
    late = uuid_v7(&scripted.world);
    cr_assert_lt(uuid_compare(&early, &late), 0);
    cr_assert_gt(uuid_compare(&late, &early), 0);
    cr_assert_eq(uuid_compare(&late, &late), 0);
}

Test(uuid, differs_within_a_millisecond)
{
    struct uuid a = uuid_v7(&scripted.world), b = uuid_v7(&scripted.world);

    cr_assert_not(uuid_equal(&a, &b));
    cr_assert(uuid_equal(&a, &a));
    cr_assert(uuid_is_zero(&(struct uuid){0}) && !uuid_is_zero(&a));
}

Test(uuid, of_version_7_sorts_behind_a_newer_one_when_asked_to)
{
    struct uuid ours = uuid_v7(&scripted.world), newer, last, behind;

    newer = ours;
    newer.bytes[5]++; /* another machine's clock */
    behind = uuid_v7_behind(&scripted.world, &newer);
    cr_assert_gt(uuid_compare(&behind, &newer), 0);
    cr_assert_eq(uuid_v7_wall_ns(&behind), uuid_v7_wall_ns(&newer) + NS_PER_MS);

    behind = uuid_v7_behind(&scripted.world, &ours);
    cr_assert_gt(uuid_compare(&behind, &ours), 0, "also within the same millisecond");
    ours.bytes[0]--;
    behind = uuid_v7_behind(&scripted.world, &ours);
    cr_assert_eq(uuid_v7_wall_ns(&behind), scripted.wall_ns / NS_PER_MS * NS_PER_MS, "of an older one: our clock's");

    last = ours;
    memset(last.bytes, 0xff, 6);
    behind = uuid_v7_behind(&scripted.world, &last);
    cr_assert_eq(uuid_v7_wall_ns(&behind), scripted.wall_ns / NS_PER_MS * NS_PER_MS, "behind the last there is none");
}

Test(uuid, reads_what_it_writes)
{
    struct uuid uuid = uuid_v4(&scripted.world), again;
    char text[UUID_TEXT_SIZE];

    uuid_format(&uuid, text);
    cr_assert(uuid_parse(text, &again));
    cr_assert(uuid_equal(&uuid, &again));
}

Test(uuid, reads_only_the_canonical_form)
{
    static const char *const refused[] = {
        "",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
        "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
        "017f22e279b07cc398c4dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4_dc0c0c07398f",
        "017f22e2-79b07-cc3-98c4-dc0c0c07398f",
        "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "017f22e2-79b0-7cc3-98c4- dc0c0c07398",
    };
    struct uuid uuid = {{0}}, zero = {{0}};

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        cr_assert_not(uuid_parse(refused[i], &uuid), "%s", refused[i]);
    cr_assert(uuid_equal(&uuid, &zero), "nothing is written on failure");
    cr_assert(uuid_parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f", &uuid));
    cr_assert_arr_eq(uuid.bytes, "\x01\x7f\x22\xe2\x79\xb0\x7c\xc3\x98\xc4\xdc\x0c\x0c\x07\x39\x8f", 16);
}
