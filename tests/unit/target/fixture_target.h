/* A target in a playground, and what is made in it. */
#ifndef FIXTURE_TARGET_H
#define FIXTURE_TARGET_H

#include "playground.h"
#include "seeded_world.h"
#include "target.h"

#include <sys/stat.h>

extern struct sealift_error err;
extern struct seeded_world seeded;
extern struct playground playground;
extern char path[PATH_MAX + 64]; /* the target's: "new" in the playground, ... */
void name_target(void);          /* ... also when that has moved */

/* For TestSuite(). */
void target_set_up(void);
void target_tear_down(void);

struct target *target_of(const char *root);
/* An entry of this user's, with a time that is not now. */
struct tree_entry entry_of(enum tree_type type, const char *name, uint32_t mode);
void make(struct target *target, enum tree_type type, const char *name, uint32_t mode);
enum sealift_status try_file(struct target *target, const struct tree_entry *entry, const char *contents);
void make_file(struct target *target, const struct tree_entry *entry, const char *contents);
void finish_directory(struct target *target, const char *name, uint32_t mode);

struct stat stat_of(const char *name);
bool exists(const char *name);
void expect_contents(const char *name, const char *contents);
/* In err. */
void expect_message(const char *part);

#endif
