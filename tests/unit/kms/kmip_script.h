/* One scripted KMIP server and its key "1", and what the tests of wrapping ask of both. */
#ifndef KMIP_SCRIPT_H
#define KMIP_SCRIPT_H

#include "kmip_cluster.h"
#include "kmip_key.h"
#include "kms.h"

/* The configuration remembers 1.4, and no mode. */
static inline void
kmip_script_begin(struct kmip_cluster *script, const struct scripted_kmip_model *model)
{
    kmip_cluster_init(script);
    kmip_cluster_add(script, model);
    script->config.kmip.version = KMIP_1_4;
}

static inline struct kmip_key
kmip_script_key(struct kmip_cluster *script)
{
    kmip_cluster_open(script);
    return (struct kmip_key){.world = script->world, .client = script->client, .uid = script->config.key};
}

static inline struct kms *
kmip_script_open(struct kmip_cluster *script)
{
    struct kms *kms = NULL;

    cr_assert_eq(kms_open(script->world, &script->config, "/nowhere", &kms, &script->err), SEALIFT_OK, "%s",
                 script->err.message);
    return kms;
}

static inline struct secret *
kmip_script_kek(struct kmip_cluster *script)
{
    struct secret *kek = NULL;

    cr_assert_eq(secret_random(script->world, KEY_SIZE, &kek, &script->err), SEALIFT_OK);
    return kek;
}

/* So many of each. */
static inline void
kmip_script_expect(struct kmip_cluster *script, size_t encrypts, size_t decrypts)
{
    size_t encrypted = scripted_kmip_count(script->servers[0], KMIP_ENCRYPT);
    size_t decrypted = scripted_kmip_count(script->servers[0], KMIP_DECRYPT);

    cr_assert_eq(encrypted, encrypts, "%zu Encrypts instead of %zu", encrypted, encrypts);
    cr_assert_eq(decrypted, decrypts, "%zu Decrypts instead of %zu", decrypted, decrypts);
}

static inline void
kmip_script_expect_said(const struct sealift_error *err, const char *text)
{
    cr_assert_not_null(strstr(err->message, text), "\"%s\" is not in: %s", text, err->message);
}

#endif
