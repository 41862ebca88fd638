#include "condemned_key.h"

#include "error.h"
#include "scoped.h"
#include "spec_field.h"
#include "vault_config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void
condemned_key_done(struct condemned_key *key)
{
    kms_free(&key->kms);
}

/* --- what is meant --- */

static enum sealift_status
check_type(const struct kms_config *cluster, const struct sealift_impact_spec *spec, struct sealift_error *err)
{
    if (cluster->type == KMS_VAULT)
        return SEALIFT_OK;
    if (spec->name_space != NULL || spec->transit_path != NULL)
        return error_set(err, SEALIFT_INVALID, "namespaces and transit paths are Vault's, and the cluster's KMS is %s",
                         cluster->type == KMS_KMIP ? "KMIP" : "the local key");
    if (spec->below_version != 0)
        return error_set(err, SEALIFT_INVALID, "%s have no versions: leave --below-version out",
                         cluster->type == KMS_KMIP ? "KMIP's keys" : "local keys");
    if (cluster->type != KMS_KMIP && spec->key != NULL)
        return error_set(err, SEALIFT_INVALID,
                         "no KMS is set, and the local key has no name: leave --key out, or set the KMS that key %s "
                         "is at",
                         spec->key);
    return SEALIFT_OK;
}

static enum sealift_status
say(const char *said, const char *what, char *field, size_t size, struct sealift_error *err)
{
    return said != NULL ? spec_put(field, size, what, said, err) : SEALIFT_OK;
}

/* Who names another namespace and no key asks about all of its keys. The cluster key's namesake there, which nothing
 * needs, would be the answer to another question, and the answer would be that it is safe. */
static enum sealift_status
check_whole(const struct kms_config *cluster, const struct kms_config *config, const struct sealift_impact_spec *spec,
            struct sealift_error *err)
{
    struct kms_hint of_cluster, asked;

    kms_config_place(cluster, &of_cluster);
    kms_config_place(config, &asked);
    if (spec->key != NULL || kms_is_place_of(&of_cluster, &asked))
        return SEALIFT_OK;
    return error_set(err, SEALIFT_INVALID,
                     "--namespace and --transit-path say where a key is, and --key is missing: the cluster key is "
                     "elsewhere; ask about each key that goes by itself");
}

/* The cluster's login, wherever the key is. */
static enum sealift_status
over_cluster(const struct kms_config *cluster, const struct sealift_impact_spec *spec, struct kms_config *ret_config,
             struct sealift_error *err)
{
    struct kms_config config = *cluster;
    const char *login = vault_config_login_namespace(cluster);

    TRY(say(spec->key, "the key", config.key, sizeof(config.key), err));
    TRY(say(spec->name_space, "the namespace", config.vault.name_space, sizeof(config.vault.name_space), err));
    vault_config_take_root(&config.vault);
    TRY(say(spec->transit_path, "the transit path", config.vault.transit_path, sizeof(config.vault.transit_path), err));
    TRY(check_whole(cluster, &config, spec, err));
    if (config.type == KMS_VAULT && strcmp(login, config.vault.name_space) != 0) {
        config.vault.login_is_apart = true;
        memcpy(config.vault.login_name_space, login, strlen(login) + 1);
    }
    TRY(kms_config_check(&config, err));
    *ret_config = config;
    return SEALIFT_OK;
}

/* --- whose credentials --- */

struct choice {
    const struct kms_config *cluster;
    struct kms_hint place;
    struct kms_config config; /* what was chosen */
    int fitness;              /* 0: the cluster's login; 1: somebody's in this namespace; 2: the key's own */
};

static void
consider(struct choice *choice, const struct kms_config *own)
{
    struct kms_hint place;
    int fitness = 0;

    kms_config_place(own, &place);
    if (kms_is_place_of(&place, &choice->place))
        fitness = 2;
    else if (own->type == KMS_VAULT && own->vault.role_id[0] != '\0' && !own->vault.login_is_apart &&
             strcmp(place.name_space, choice->place.name_space) == 0)
        fitness = 1;
    if (fitness <= choice->fitness)
        return;
    choice->fitness = fitness;
    choice->config = *own;
    memcpy(choice->config.key, choice->place.key_identifier, sizeof(choice->config.key));
    memcpy(choice->config.vault.transit_path, choice->place.mount, sizeof(choice->config.vault.transit_path));
}

static enum sealift_status
consider_fs(void *context, const struct table_fs *row, struct sealift_error *err)
{
    struct choice *choice = context;
    struct kms_config config;
    struct own_key own;

    if (row->own_key[0] == '\0' || own_key_from_json(bytes_of_text(row->own_key), &own, err) != SEALIFT_OK ||
        own_key_apply(choice->cluster, &own, &config, err) != SEALIFT_OK)
        return SEALIFT_OK; /* what is wrong with it was told when the routes were made */
    consider(choice, &config);
    return SEALIFT_OK;
}

static enum sealift_status
choose(struct sealift *sealift, const struct kms_config *cluster, const struct sealift_impact_spec *spec,
       struct choice *choice, struct sealift_error *err)
{
    TRY(over_cluster(cluster, spec, &choice->config, err));
    choice->cluster = cluster;
    kms_config_place(&choice->config, &choice->place);
    consider(choice, cluster);
    return table_fs_list(sealift->table, consider_fs, choice, err);
}

static enum sealift_status
read_cluster(struct sealift *sealift, struct kms_config *ret_config, struct sealift_error *err)
{
    enum sealift_status status = handle_cluster_config(sealift, ret_config, err);

    if (status == SEALIFT_NOT_FOUND) {
        *ret_config = (struct kms_config){.type = KMS_LOCAL};
        return SEALIFT_OK;
    }
    return status;
}

/* --- the connection --- */

static void
write_command(const struct kms_config *cluster, const struct condemned *condemned, char *out, size_t size)
{
    const struct kms_hint *place = &condemned->place;
    const bool is_root = place->name_space[0] == '\0' && cluster->vault.name_space[0] != '\0';
    int len = snprintf(out, size, "kms impact");

    if (place->key_identifier[0] != '\0')
        len += snprintf(out + len, size - (size_t)len, " --key %s", place->key_identifier);
    if (is_root || place->name_space[0] != '\0')
        len += snprintf(out + len, size - (size_t)len, " --namespace %s", is_root ? "/" : place->name_space);
    if (place->mount[0] != '\0')
        len += snprintf(out + len, size - (size_t)len, " --transit-path %s", place->mount);
    if (condemned->below_version != 0)
        snprintf(out + len, size - (size_t)len, " --below-version %" PRId64, condemned->below_version);
}

enum sealift_status
condemned_key_open(struct sealift *sealift, const struct sealift_impact_spec *spec, struct condemned_key *ret_key,
                   struct sealift_error *err)
{
    SCOPED(condemned_key_done) struct condemned_key key = {0};
    struct kms_config cluster;
    struct choice choice = {0};

    TRY(handle_need_table(sealift, err));
    TRY(read_cluster(sealift, &cluster, err));
    TRY(check_type(&cluster, spec, err));
    TRY(choose(sealift, &cluster, spec, &choice, err));
    TRY(kms_open(&sealift->world, &choice.config, sealift->home, &key.kms, err));
    TRY(handle_outfit_kms(sealift, key.kms, err));
    key.condemned = (struct condemned){choice.place, spec->below_version, key.kms};
    write_command(&cluster, &key.condemned, key.command, sizeof(key.command));
    *ret_key = key;
    key = (struct condemned_key){0};
    return SEALIFT_OK;
}
