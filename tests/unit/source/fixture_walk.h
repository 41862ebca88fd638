/* A walk through a playground, and what it tells. */
#ifndef FIXTURE_WALK_H
#define FIXTURE_WALK_H

#include "playground.h"
#include "seeded_world.h"
#include "walk.h"

extern struct sealift_error err;
extern struct seeded_world seeded;
extern struct playground playground;
extern struct selection selection; /* empty, until a test adds to it */

/* What a walk told, a line each: "missing a/b: reason"; and the callback that adds a line. */
extern char notices[65536];
void walk_note(void *context, enum walk_notice notice, struct bytes path, const char *reason);

/* For TestSuite(). */
void walk_set_up(void);
void walk_tear_down(void);

struct walk *walk_of(const char *root, const struct walk_options *options);
struct walk_entry *next(struct walk *walk);
/* The next entry is `path`, of that type; a link to `first`; there is none. */
void expect(struct walk *walk, const char *path, enum tree_type type);
void expect_link(struct walk *walk, const char *path, const char *first);
void expect_end(struct walk *walk);

#endif
