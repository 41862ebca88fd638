#include "fixture_kms.h"

#include "error.h"
#include "text.h"
#include "vault_transit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct connection {
    struct kms kms;
    struct fixture_kms *server;
};

struct fixture_kms_key *
fixture_kms_add(struct fixture_kms *server, const char *name_space, const char *key)
{
    struct fixture_kms_key *added = &server->keys[server->count++];

    if (server->count > FIXTURE_KMS_KEYS)
        abort();
    *added = (struct fixture_kms_key){.place = {.type = "vault", .mount = "transit"}, .latest = 1, .least = 1};
    snprintf(added->place.name_space, sizeof(added->place.name_space), "%s", name_space);
    snprintf(added->place.key_identifier, sizeof(added->place.key_identifier), "%s", key);
    return added;
}

/* A namespace may also be said as the beginning of a mount's path. */
static void
write_path(const struct kms_hint *place, char out[1024])
{
    snprintf(out, 1024, "%s%s%s/%s", place->name_space, place->name_space[0] != '\0' ? "/" : "", place->mount,
             place->key_identifier);
}

static const struct fixture_kms_key *
find_key(const struct fixture_kms *server, const struct kms_hint *place)
{
    char wanted[1024], path[1024];

    write_path(place, wanted);
    for (size_t i = 0; i < server->count; i++) {
        write_path(&server->keys[i].place, path);
        if (strcmp(path, wanted) == 0 && !server->keys[i].destroyed)
            return &server->keys[i];
    }
    return NULL;
}

static enum sealift_status
wrap(struct kms *kms, struct kms_errand *errand, const struct secret *kek, struct kms_hint *ret_hint, struct buf *out,
     struct sealift_error *err)
{
    const struct connection *connection = (struct connection *)kms;
    const struct fixture_kms_key *key = find_key(connection->server, &kms->place);
    char hex[2 * KEY_SIZE + 1];

    (void)errand;
    if (key == NULL)
        return error_set(err, SEALIFT_NOT_FOUND, "there is no such key");
    hex_encode(secret_bytes(kek), hex);
    *ret_hint = kms->place;
    ret_hint->key_version = key->latest;
    return buf_printf(out, "vault:v%" PRId64 ":%s:%s", err, key->latest, key->place.key_identifier, hex);
}

static enum sealift_status
unwrap_with(struct connection *connection, struct kms_errand *errand, const struct kms_hint *place, const char *wrapped,
            struct secret **ret_kek, struct sealift_error *err)
{
    const struct fixture_kms_key *key = find_key(connection->server, place);
    const int64_t version = vault_transit_version(wrapped);
    char beginning[512];
    uint8_t kek[KEY_SIZE];

    atomic_fetch_add(&connection->server->unwraps, 1);
    errand->by = *place;
    errand->by.key_version = version;
    if (connection->server->away)
        return error_set(err, SEALIFT_UNAVAILABLE, "the KMS is away");
    if (key == NULL)
        return error_set(err, SEALIFT_NOT_FOUND, "there is no key %s", place->key_identifier);
    snprintf(beginning, sizeof(beginning), "vault:v%" PRId64 ":%s:", version, key->place.key_identifier);
    if (version < key->least || version > key->latest || strncmp(wrapped, beginning, strlen(beginning)) != 0 ||
        !hex_decode(wrapped + strlen(beginning), kek, sizeof(kek)))
        return error_set(err, SEALIFT_KEY, "key %s does not open it", place->key_identifier);
    return secret_copy(BYTES_OF(kek), ret_kek, err);
}

static enum sealift_status
unwrap(struct kms *kms, struct kms_errand *errand, const struct kms_hint *hint, const char *wrapped_kek,
       struct secret **ret_kek, struct sealift_error *err)
{
    struct connection *connection = (struct connection *)kms;
    const struct kms_hint place = kms->place;
    struct kms_hint hinted = *hint;
    enum sealift_status status = unwrap_with(connection, errand, &place, wrapped_kek, ret_kek, err);

    if (status == SEALIFT_OK || status == SEALIFT_UNAVAILABLE || kms_is_place_of(&place, hint) ||
        strcmp(place.name_space, hint->name_space) != 0)
        return status;
    hinted.details[0] = '\0';
    return unwrap_with(connection, errand, &hinted, wrapped_kek, ret_kek, err);
}

static void
free_connection(struct kms *kms)
{
    free(kms);
}

struct kms *
fixture_kms_connect(struct fixture_kms *server, const struct world *world, const struct fixture_kms_key *key)
{
    static const struct kms_ops ops = {.type = "vault", .wrap = wrap, .unwrap = unwrap, .free = free_connection};
    struct connection *connection = calloc(1, sizeof(*connection));

    if (connection == NULL)
        abort();
    connection->kms = (struct kms){.ops = &ops, .world = world, .place = key->place};
    connection->server = server;
    return &connection->kms;
}
