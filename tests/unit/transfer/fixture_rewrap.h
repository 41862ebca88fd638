/* What rewraps are tested on. The filesystem's key is wrapped by one KMS; there is a second one to move to, and a third
 * that may open it, too, but not from here. */
#ifndef FIXTURE_REWRAP_H
#define FIXTURE_REWRAP_H

#include "fixture_shelf.h"
#include "fixture_snapshot.h"
#include "rewrap.h"

struct rewrap_stage {
    struct fixture base;
    struct shelf *here, *there, *elsewhere; /* the first two are the routes' */
    struct kms *elsewhere_kms;              /* ours, until routes adopt it */
    struct store *store;                    /* the fixture's, counted and made to fail: */
    unsigned records_put, operations;
    unsigned fail_at; /* that operation; 0: none */
    struct secret *at_rest_key;
    struct envelope in_table; /* of the key in force, with its record */
    struct uuid in_table_record;
    struct private_part names;
};

/* One a process, as each test has one. */
extern struct rewrap_stage stage;

void stage_set_up(void);
void stage_tear_down(void);

/* One more KMS, which the routes know. */
struct shelf *stage_add_shelf(const char *name_space, const char *key, enum kms_role role);
struct secret *stage_random_key(size_t len);
struct envelope stage_wrap(struct shelf *shelf, const struct secret *fs_key, const struct secret *with);

/* Puts a key record, of the key in force or of another one (which is for `snapshot` alone, unless that is zero). Each
 * is behind the one before, whatever the clock says. */
struct uuid stage_put(const struct envelope *envelope);
struct uuid stage_put_for(const struct envelope *envelope, const struct secret *fs_key, const struct private_part *with,
                          struct uuid snapshot);
/* The newest record of the key. */
struct key_record stage_fetch(const uint8_t key_check[KEY_CHECK_SIZE]);
/* As somebody may do who writes the bucket: a record in the place of one, and something under the name of one, of a key
 * whose check value begins so. */
void stage_overwrite(const struct key_record *record);
void stage_put_garbage(uint8_t first_byte);

struct rewrap_request stage_request(struct shelf *target);
/* Of a rewrap that succeeds; what was counted before is forgotten. */
struct rewrap_outcome stage_run(const struct rewrap_request *request);

void stage_expect_holds(const struct envelope *envelope, const struct secret *fs_key, const struct secret *at_rest);
void stage_expect_calls(const struct shelf *shelf, unsigned unwraps, unsigned rewraps, unsigned wraps);

#endif
