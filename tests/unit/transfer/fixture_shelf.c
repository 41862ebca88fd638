#include "fixture_shelf.h"

#include "error.h"
#include "scoped.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct shelf *
shelf_of(struct kms *kms)
{
    return (struct shelf *)kms; /* its first member */
}

static enum sealift_status
answer(const struct shelf *shelf, struct sealift_error *err)
{
    if (shelf->fails == SEALIFT_OK)
        return SEALIFT_OK;
    return error_set(err, shelf->fails, "the shelf is stuck");
}

/* "vault:v<version>:<number>/<namespace>/<key>:<KEK in hexadecimal>" */
static enum sealift_status
write_down(const struct shelf *shelf, const char *kek, struct kms_hint *ret_hint, struct buf *out,
           struct sealift_error *err)
{
    SCOPED(free_done) char *text = NULL;

    TRY(text_format(&text, "vault:v%" PRId64 ":%u/%s/%s:%s", err, shelf->latest_version, shelf->number,
                    shelf->kms.place.name_space, shelf->kms.place.key_identifier, kek));
    *ret_hint = shelf->kms.place;
    ret_hint->key_version = shelf->latest_version;
    return buf_append_text(out, text, err);
}

static enum sealift_status
shelf_wrap(struct kms *kms, struct kms_errand *errand, const struct secret *kek, struct kms_hint *ret_hint,
           struct buf *out, struct sealift_error *err)
{
    struct shelf *shelf = shelf_of(kms);
    char hex[2 * KEY_SIZE + 1];

    (void)errand;
    shelf->wraps++;
    TRY(answer(shelf, err));
    hex_encode(secret_bytes(kek), hex);
    if (shelf->garbles)
        hex[0] = hex[0] == '0' ? '1' : '0';
    return write_down(shelf, hex, ret_hint, out, err);
}

static enum sealift_status
read_back(const struct shelf *shelf, const char *wrapped, int64_t *ret_version, const char **ret_kek,
          struct sealift_error *err)
{
    char place[512], expected[600];
    int end = 0;

    if (sscanf(wrapped, "vault:v%" SCNd64 ":%511[^:]:%n", ret_version, place, &end) != 2 || end == 0)
        return error_set(err, SEALIFT_KEY, "no ciphertext of a shelf");
    snprintf(expected, sizeof(expected), "%u/%s/%s", shelf->number, shelf->kms.place.name_space,
             shelf->kms.place.key_identifier);
    if (strcmp(place, expected) != 0 && !shelf->opens_all)
        return error_set(err, SEALIFT_KEY, "not of this key");
    if (*ret_version < shelf->min_decryption_version || *ret_version > shelf->latest_version)
        return error_set(err, SEALIFT_KEY, "version %" PRId64 " is retired", *ret_version);
    *ret_kek = wrapped + end;
    return SEALIFT_OK;
}

static enum sealift_status
shelf_unwrap(struct kms *kms, struct kms_errand *errand, const struct kms_hint *hint, const char *wrapped_kek,
             struct secret **ret_kek, struct sealift_error *err)
{
    struct shelf *shelf = shelf_of(kms);
    uint8_t kek[KEY_SIZE];
    const char *hex;

    (void)hint;
    shelf->unwraps++;
    TRY(answer(shelf, err));
    TRY(read_back(shelf, wrapped_kek, &errand->by.key_version, &hex, err));
    if (!hex_decode(hex, kek, sizeof(kek)))
        return error_set(err, SEALIFT_KEY, "no KEK");
    return secret_copy(BYTES_OF(kek), ret_kek, err);
}

static enum sealift_status
shelf_rewrap(struct kms *kms, struct kms_errand *errand, const char *wrapped_kek, struct kms_hint *ret_hint,
             struct buf *out, struct sealift_error *err)
{
    struct shelf *shelf = shelf_of(kms);
    int64_t version;
    const char *hex;

    (void)errand;
    shelf->rewraps++;
    TRY(answer(shelf, err));
    TRY(read_back(shelf, wrapped_kek, &version, &hex, err));
    return write_down(shelf, hex, ret_hint, out, err);
}

static enum sealift_status
shelf_key_state(struct kms *kms, struct kms_errand *errand, struct kms_key_state *ret_state, struct sealift_error *err)
{
    struct shelf *shelf = shelf_of(kms);

    (void)errand;
    shelf->reads++;
    TRY(answer(shelf, err));
    *ret_state = (struct kms_key_state){shelf->latest_version, shelf->min_decryption_version};
    return SEALIFT_OK;
}

static void
shelf_free(struct kms *kms)
{
    free(shelf_of(kms));
}

struct shelf *
shelf_new(const struct world *world, const char *name_space, const char *key)
{
    static const struct kms_ops ops = {
        .type = "vault",
        .wrap = shelf_wrap,
        .unwrap = shelf_unwrap,
        .rewrap = shelf_rewrap,
        .key_state = shelf_key_state,
        .free = shelf_free,
    };
    struct shelf *shelf = calloc(1, sizeof(*shelf));

    if (shelf == NULL)
        abort();
    shelf->kms.ops = &ops;
    shelf->kms.world = world;
    shelf->kms.place = (struct kms_hint){.type = "vault", .mount = "transit"};
    snprintf(shelf->kms.place.name_space, sizeof(shelf->kms.place.name_space), "%s", name_space);
    snprintf(shelf->kms.place.key_identifier, sizeof(shelf->kms.place.key_identifier), "%s", key);
    shelf->latest_version = 1;
    shelf->min_decryption_version = 1;
    return shelf;
}

void
shelf_rotate(struct shelf *shelf)
{
    shelf->latest_version++;
}

unsigned
shelf_calls(const struct shelf *shelf)
{
    return shelf->wraps + shelf->unwraps + shelf->rewraps + shelf->reads;
}
