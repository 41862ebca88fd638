#include "lost_links.h"

#include "scoped.h"
#include "seeded_world.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct sealift_error err;
static struct seeded_world seeded;

static struct lost_links *
new_lost(void)
{
    struct lost_links *lost = NULL;

    seeded_world_init(&seeded, 5);
    cr_assert_eq(lost_links_new(&seeded.world, 1, &lost, &err), SEALIFT_OK, "%s", err.message);
    return lost;
}

static void
add(struct lost_links *lost, const char *first)
{
    cr_assert_eq(lost_links_add(lost, bytes_of_text(first), &err), SEALIFT_OK, "%s", err.message);
}

static void
inherit(struct lost_links *lost, const char *first, const char *heir)
{
    cr_assert_eq(lost_links_inherit(lost, bytes_of_text(first), bytes_of_text(heir), &err), SEALIFT_OK, "%s",
                 err.message);
}

static void
expect(struct lost_links *lost, const char *first, enum link_fate fate, const char *heir)
{
    struct bytes found;
    enum link_fate got;

    cr_assert_eq(lost_links_find(lost, bytes_of_text(first), &got, &found, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(got, fate, "%s", first);
    if (heir != NULL)
        cr_assert(bytes_equal(found, bytes_of_text(heir)), "%.*s", (int)found.len, found.data);
}

Test(lost_links, tells_lost_names_from_those_that_stand)
{
    SCOPED(lost_links_free) struct lost_links *lost = new_lost();

    add(lost, "a/b");
    expect(lost, "a/b", LINK_LOST, NULL);
    expect(lost, "a/c", LINK_STANDS, NULL);
    expect(lost, "a", LINK_STANDS, NULL);
}

Test(lost_links, knows_who_inherited)
{
    SCOPED(lost_links_free) struct lost_links *lost = new_lost();

    add(lost, "a");
    add(lost, "b");
    inherit(lost, "a", "z/heir");
    expect(lost, "a", LINK_INHERITED, "z/heir");
    expect(lost, "b", LINK_LOST, NULL);
}

Test(lost_links, keeps_them_all_with_next_to_no_memory)
{
    SCOPED(lost_links_free) struct lost_links *lost = new_lost();
    char first[300], heir[320];

    for (int i = 0; i < 5000; i++) {
        snprintf(first, sizeof(first), "%0250d", i);
        add(lost, first);
        snprintf(heir, sizeof(heir), "heir of %s", first);
        if (i % 2 == 0)
            inherit(lost, first, heir);
    }
    for (int i = 0; i < 5000; i++) {
        snprintf(first, sizeof(first), "%0250d", i);
        snprintf(heir, sizeof(heir), "heir of %s", first);
        expect(lost, first, i % 2 == 0 ? LINK_INHERITED : LINK_LOST, i % 2 == 0 ? heir : NULL);
    }
}
