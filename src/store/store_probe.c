#include "store_probe.h"

#include "digest.h"
#include "error.h"
#include "scoped.h"
#include "store_race.h"
#include "uuid.h"

#include <stdio.h>
#include <string.h>

#define PAYLOAD_SIZE 1024

/* Every object that a probe may write. There are several races, because a store that lets two runners win does not do
 * so each time. */
enum { WRITTEN, CONDITIONAL, WRONG_CHECKSUM, FIRST_RACE, OBJECTS = FIRST_RACE + 4 };
static const char *const objects[OBJECTS] = {"written", "conditional", "wrong-checksum", "race-1",
                                             "race-2",  "race-3",      "race-4"};

struct probe {
    struct store *store;
    const struct world *world;
    char prefix[UUID_TEXT_SIZE + sizeof("probe//")];
    uint8_t payload[PAYLOAD_SIZE];
    struct store_abilities found;
};

static const char *
name_object(const struct probe *probe, unsigned object, char out[STORE_NAME_MAX])
{
    snprintf(out, STORE_NAME_MAX, "%s%s", probe->prefix, objects[object]);
    return out;
}

/* Puts the store and the act before what went wrong. What to ask for after a refusal, the store says itself. */
static enum sealift_status
explain(const struct probe *probe, enum sealift_status status, const char *act, struct sealift_error *err)
{
    if (status == SEALIFT_OK)
        return SEALIFT_OK;
    return error_prefix(err, "%s: %s failed", probe->store->url, act);
}

static enum sealift_status
report_unfit(const struct probe *probe, const char *what, struct sealift_error *err)
{
    return error_set(err, SEALIFT_CORRUPT,
                     "%s: %s; snapshots would not be safe there: ask its admin, or use another object store",
                     probe->store->url, what);
}

static enum sealift_status
put(const struct probe *probe, unsigned object, struct bytes data, bool if_absent, struct sealift_error *err)
{
    struct store *store = probe->store;
    uint8_t digest[SHA256_SIZE];
    char name[STORE_NAME_MAX];

    TRY(sha256(data, digest, err));
    return store->ops->put(store, name_object(probe, object, name), data, digest, if_absent, err);
}

/* What a listing shows: one object that is looked for, and how many others. */
struct sighting {
    const char *name;
    uint64_t size;
    bool seen;
    unsigned others;
};

static enum sealift_status
sight(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct sighting *sighting = context;

    (void)err;
    if (strcmp(object->name, sighting->name) == 0 && object->size == sighting->size)
        sighting->seen = true;
    else
        sighting->others++;
    return SEALIFT_OK;
}

static enum sealift_status
list(const struct probe *probe, struct sighting *sighting, struct sealift_error *err)
{
    struct store *store = probe->store;

    return explain(probe, store->ops->list(store, probe->prefix, NULL, sight, sighting, err), "listing", err);
}

static enum sealift_status
prove_list(const struct probe *probe, struct sealift_error *err)
{
    char name[STORE_NAME_MAX];
    struct sighting sighting = {.name = name_object(probe, WRITTEN, name), .size = PAYLOAD_SIZE};

    TRY(list(probe, &sighting, err));
    if (!sighting.seen || sighting.others > 0)
        return report_unfit(probe, "what was just written is not what it lists", err);
    return SEALIFT_OK;
}

static enum sealift_status
read_back(const struct probe *probe, unsigned object, struct buf *all, uint8_t *part, size_t part_len,
          struct sealift_error *err)
{
    struct store *store = probe->store;
    char name[STORE_NAME_MAX];

    name_object(probe, object, name);
    TRY(store->ops->get(store, name, PAYLOAD_SIZE, all, err));
    return store->ops->get_range(store, name, PAYLOAD_SIZE - part_len, part_len, part, err);
}

static enum sealift_status
prove_read(const struct probe *probe, unsigned object, struct bytes expected, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf all = {0};
    uint8_t part[PAYLOAD_SIZE / 4];

    TRY(explain(probe, read_back(probe, object, &all, part, sizeof(part), err), "reading a test object", err));
    if (!bytes_equal(buf_bytes(&all), expected) ||
        memcmp(part, expected.data + PAYLOAD_SIZE - sizeof(part), sizeof(part)) != 0)
        return report_unfit(probe, "what was just written does not come back as it was", err);
    return SEALIFT_OK;
}

static enum sealift_status
look_at_checksum(struct probe *probe, struct sealift_error *err)
{
    struct store *store = probe->store;
    uint8_t digest[SHA256_SIZE];
    char name[STORE_NAME_MAX];
    struct store_head head;
    bool kept;

    TRY(sha256(BYTES_OF(probe->payload), digest, err));
    TRY(explain(probe, store->ops->head(store, name_object(probe, WRITTEN, name), &head, err),
                "asking for the size of a test object", err));
    if (head.size != PAYLOAD_SIZE)
        return report_unfit(probe, "what was just written has another size there", err);
    kept = head.checksum == STORE_CHECKSUM_SHA256 && digest_equal(head.sha256, digest, sizeof(digest));
    probe->found.keeps_checksum = kept ? STORE_ANSWER_YES : STORE_ANSWER_NO;
    return SEALIFT_OK;
}

/* The first thing that is asked: some stores make a bucket that does not exist of the first PUT, and a mistyped name
 * would go unnoticed. */
static enum sealift_status
prove_that_it_exists(const struct probe *probe, struct sealift_error *err)
{
    struct sighting nothing = {.name = ""};

    return list(probe, &nothing, err);
}

static enum sealift_status
prove_basics(struct probe *probe, struct sealift_error *err)
{
    TRY(explain(probe, put(probe, WRITTEN, BYTES_OF(probe->payload), false, err), "writing a test object", err));
    TRY(prove_list(probe, err));
    TRY(prove_read(probe, WRITTEN, BYTES_OF(probe->payload), err));
    return look_at_checksum(probe, err);
}

/* What the store makes of two conditional PUTs of other contents, one after the other. ATOMIC means so far only that
 * the second one lost. */
static enum sealift_status
try_conditional(struct probe *probe, struct sealift_error *err)
{
    uint8_t second[PAYLOAD_SIZE];
    enum sealift_status status = put(probe, CONDITIONAL, BYTES_OF(probe->payload), true, err);

    /* A PUT without the condition went well a moment ago, so what is refused is the condition. */
    if (status == SEALIFT_INVALID || status == SEALIFT_DENIED) {
        probe->found.conditional_put = STORE_CONDITIONAL_REFUSED;
        return SEALIFT_OK;
    }
    TRY(explain(probe, status, "a conditional PUT", err));
    memcpy(second, probe->payload, sizeof(second));
    second[0] ^= 1;
    status = put(probe, CONDITIONAL, BYTES_OF(second), true, err);
    if (status == SEALIFT_CONFLICT) {
        probe->found.conditional_put = STORE_CONDITIONAL_ATOMIC;
        return prove_read(probe, CONDITIONAL, BYTES_OF(probe->payload), err);
    }
    probe->found.conditional_put = STORE_CONDITIONAL_IGNORED;
    return explain(probe, status, "a conditional PUT of a name that is taken", err);
}

static enum sealift_status
race_once(struct probe *probe, unsigned object, struct sealift_error *err)
{
    struct bytes payload = BYTES_OF(probe->payload);
    char name[STORE_NAME_MAX];
    unsigned winners;
    uint8_t winner;

    TRY(explain(probe, store_race_run(probe->store, name_object(probe, object, name), payload, &winners, &winner, err),
                "writing from 16 threads at once", err));
    if (winners == 0)
        return report_unfit(probe, "of 16 that wrote a new object at once, each was told that it lost", err);
    if (winners > 1) {
        probe->found.conditional_put = STORE_CONDITIONAL_RACY;
        return SEALIFT_OK;
    }
    probe->payload[0] = winner;
    return prove_read(probe, object, payload, err);
}

static enum sealift_status
try_races(struct probe *probe, struct sealift_error *err)
{
    for (unsigned race = FIRST_RACE; race < OBJECTS && probe->found.conditional_put == STORE_CONDITIONAL_ATOMIC; race++)
        TRY(race_once(probe, race, err));
    return SEALIFT_OK;
}

/* A store without a way of its own to lie about a checksum compares in put() itself, and is lied to there. */
static enum sealift_status
put_wrong_checksum(const struct probe *probe, struct sealift_error *err)
{
    static const uint8_t wrong[SHA256_SIZE] = {0};
    struct store *store = probe->store;
    char name[STORE_NAME_MAX];
    enum sealift_status status;

    name_object(probe, WRONG_CHECKSUM, name);
    if (store->ops->put_wrong_checksum != NULL)
        return store->ops->put_wrong_checksum(store, name, err);
    status = store->ops->put(store, name, BYTES_OF(probe->payload), wrong, false, err);
    if (status == SEALIFT_OK)
        return error_set(err, SEALIFT_CONFLICT, "a PUT with a wrong checksum was taken");
    return status == SEALIFT_CORRUPT ? SEALIFT_OK : status;
}

static enum sealift_status
try_wrong_checksum(struct probe *probe, struct sealift_error *err)
{
    enum sealift_status status = put_wrong_checksum(probe, err);

    if (status != SEALIFT_OK && status != SEALIFT_CONFLICT)
        return explain(probe, status, "a PUT with a wrong checksum", err);
    probe->found.verifies_checksum = status == SEALIFT_OK ? STORE_ANSWER_YES : STORE_ANSWER_NO;
    return SEALIFT_OK;
}

static enum sealift_status
examine(struct probe *probe, struct sealift_error *err)
{
    struct store *store = probe->store;

    TRY(prove_basics(probe, err));
    TRY(try_conditional(probe, err));
    TRY(try_races(probe, err));
    TRY(try_wrong_checksum(probe, err));
    if (store->ops->inspect != NULL)
        TRY(explain(probe, store->ops->inspect(store, &probe->found, err), "asking for the bucket's settings", err));
    return SEALIFT_OK;
}

static enum sealift_status
delete_objects(const struct probe *probe, struct sealift_error *err)
{
    struct store *store = probe->store;

    for (unsigned object = 0; object < OBJECTS; object++) {
        char name[STORE_NAME_MAX];

        TRY(store->ops->delete (store, name_object(probe, object, name), err));
    }
    return SEALIFT_OK;
}

/* A store may also say that it deletes, and keep everything. */
static enum sealift_status
clean_up(struct probe *probe, struct sealift_error *err)
{
    struct sighting left = {.name = ""};
    enum sealift_status status = delete_objects(probe, err);

    if (status != SEALIFT_OK && status != SEALIFT_DENIED)
        return explain(probe, status, "deleting a test object", err);
    TRY(list(probe, &left, err));
    probe->found.deletes = left.others == 0 ? STORE_ANSWER_YES : STORE_ANSWER_NO;
    if (left.others > 0)
        world_log(probe->world, LOG_INFO, "%s: refuses to delete; %u small test objects stay under %s",
                  probe->store->url, left.others, probe->prefix);
    return SEALIFT_OK;
}

enum sealift_status
store_probe(struct store *store, const struct world *world, struct store_abilities *ret_abilities,
            struct sealift_error *err)
{
    struct probe probe = {.store = store, .world = world};
    struct uuid uuid = uuid_v4(world);
    char text[UUID_TEXT_SIZE];
    enum sealift_status status;

    uuid_format(&uuid, text);
    snprintf(probe.prefix, sizeof(probe.prefix), "probe/%s/", text);
    world->entropy->fill(world->entropy, probe.payload, sizeof(probe.payload));

    TRY(prove_that_it_exists(&probe, err));
    status = examine(&probe, err);
    if (status != SEALIFT_OK) {
        struct sealift_error ignored; /* what matters is why the store is unfit */

        (void)delete_objects(&probe, &ignored);
        return status;
    }
    TRY(clean_up(&probe, err));
    *ret_abilities = probe.found;
    return SEALIFT_OK;
}
