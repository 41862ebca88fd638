#include "fixture_walk.h"

#include "scoped.h"
#include "shown_path.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct sealift_error err;
struct seeded_world seeded;
struct playground playground;
struct selection selection;
char notices[65536];
static const char *const notice_names[] = {
    [WALK_MISSING] = "missing", [WALK_VANISHED] = "vanished", [WALK_MOUNT] = "mount", [WALK_EXCLUDED] = "excluded"};

void
walk_note(void *context, enum walk_notice notice, struct bytes path, const char *reason)
{
    size_t len = strlen(notices);

    (void)context;
    snprintf(notices + len, sizeof(notices) - len, "%s %s: %s\n", notice_names[notice], shown_path(path).text, reason);
}

void
walk_set_up(void)
{
    seeded_world_init(&seeded, 7);
    playground_make(&playground);
    notices[0] = '\0';
}

void
walk_tear_down(void)
{
    playground_remove(&playground);
    selection_done(&selection);
}

struct walk *
walk_of(const char *root, const struct walk_options *options)
{
    struct walk *walk = NULL;

    cr_assert_eq(walk_open(&seeded.world, root, options, &walk, &err), SEALIFT_OK, "%s", err.message);
    return walk;
}

struct walk_entry *
next(struct walk *walk)
{
    struct walk_entry *entry = NULL;

    cr_assert_eq(walk_next(walk, &entry, &err), SEALIFT_OK, "%s", err.message);
    return entry;
}

/* The next entry is `path`, of that type. */
void
expect(struct walk *walk, const char *path, enum tree_type type)
{
    SCOPED(walk_entry_free) struct walk_entry *entry = next(walk);

    cr_assert_not_null(entry, "the walk ends before \"%s\"", path);
    cr_assert(bytes_equal(entry->meta.path, bytes_of_text(path)), "got \"%.*s\", not \"%s\"", (int)entry->meta.path.len,
              entry->meta.path.data, path);
    cr_assert_eq(entry->meta.type, type, "%s: type %d, not %d", path, entry->meta.type, type);
}

void
expect_link(struct walk *walk, const char *path, const char *first)
{
    SCOPED(walk_entry_free) struct walk_entry *entry = next(walk);

    cr_assert_not_null(entry);
    cr_assert(bytes_equal(entry->meta.path, bytes_of_text(path)));
    cr_assert_eq(entry->meta.type, TREE_HARD_LINK);
    cr_assert(bytes_equal(entry->meta.target, bytes_of_text(first)), "%s: links to \"%.*s\", not \"%s\"", path,
              (int)entry->meta.target.len, entry->meta.target.data, first);
}

void
expect_end(struct walk *walk)
{
    SCOPED(walk_entry_free) struct walk_entry *entry = next(walk);

    cr_assert_null(entry);
}
