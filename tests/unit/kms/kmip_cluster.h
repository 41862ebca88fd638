/* A client of scripted KMIP servers: each test says which there are and what they are like. The world's time moves only
 * when somebody sleeps. */
#ifndef KMIP_CLUSTER_H
#define KMIP_CLUSTER_H

#include "kmip_client.h"
#include "kmip_query.h"
#include "scoped.h"
#include "scripted_kmip.h"
#include "scripted_world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KMIP_CLUSTER_SERVERS 3

enum { DISCOVER = 0x1e, QUERY = 0x18, ENCRYPT = 0x1f };

struct kmip_cluster {
    struct test_pki pki;
    struct scripted_world scripted;
    const struct world *world;
    struct kms_config config;
    struct kmip_client_options options;
    struct scripted_kmip *servers[KMIP_CLUSTER_SERVERS];
    size_t count;
    struct kmip_client *client;
    struct kmip_reply reply; /* of the last call */
    struct sealift_error err;
};

static inline void
kmip_cluster_init(struct kmip_cluster *cluster)
{
    *cluster = (struct kmip_cluster){.config = {.type = KMS_KMIP, .key = "1"}};
    test_pki_make(&cluster->pki);
    scripted_world_init(&cluster->scripted, "2026-11-30T12:00:00Z");
    cluster->world = &cluster->scripted.world;
    snprintf(cluster->config.ca_file, sizeof(cluster->config.ca_file), "%s", cluster->pki.ca.certificate_file);
    snprintf(cluster->config.kmip.client_cert, sizeof(cluster->config.kmip.client_cert), "%s",
             cluster->pki.client.certificate_file);
    cluster->config.kmip.client_key.kind = CREDENTIAL_FILE;
    snprintf(cluster->config.kmip.client_key.name, sizeof(cluster->config.kmip.client_key.name), "%s",
             cluster->pki.client.key_file);
}

static inline struct scripted_kmip *
kmip_cluster_add_with(struct kmip_cluster *cluster, const struct scripted_kmip_setup *setup,
                      const struct scripted_kmip_model *model)
{
    struct scripted_kmip *server = scripted_kmip_start(setup, model);
    char *address = cluster->config.address;
    size_t len = strlen(address);

    snprintf(address + len, sizeof(cluster->config.address) - len, "%s%s", len > 0 ? "," : "",
             scripted_kmip_address(server));
    cluster->servers[cluster->count++] = server;
    return server;
}

/* `model` NULL: one that can do everything. */
static inline struct scripted_kmip *
kmip_cluster_add(struct kmip_cluster *cluster, const struct scripted_kmip_model *model)
{
    return kmip_cluster_add_with(cluster, &(struct scripted_kmip_setup){.pki = &cluster->pki}, model);
}

/* Its port refuses from now on. */
static inline void
kmip_cluster_kill(struct kmip_cluster *cluster, size_t server)
{
    scripted_kmip_stop(&cluster->servers[server]);
}

static inline void
kmip_cluster_open(struct kmip_cluster *cluster)
{
    if (cluster->client == NULL)
        cr_assert_eq(
            kmip_client_new(cluster->world, &cluster->config, &cluster->options, &cluster->client, &cluster->err),
            SEALIFT_OK, "%s", cluster->err.message);
}

static inline enum sealift_status
kmip_cluster_call(struct kmip_cluster *cluster, const struct kmip_call *call)
{
    kmip_cluster_open(cluster);
    kmip_reply_done(&cluster->reply);
    return kmip_client_call(cluster->client, call, &cluster->reply, &cluster->err);
}

static inline void
kmip_cluster_write_query(struct ttlv_writer *writer, enum kmip_version version, const void *context)
{
    (void)version, (void)context;
    kmip_query_write(writer);
}

static const struct kmip_call kmip_cluster_query = {.operation = KMIP_QUERY, .write = kmip_cluster_write_query};
static const struct kmip_call kmip_cluster_query_once = {
    .operation = KMIP_QUERY, .write = kmip_cluster_write_query, .once = true};

/* Ends well, and with a success. */
static inline void
kmip_cluster_must_query(struct kmip_cluster *cluster)
{
    cr_assert_eq(kmip_cluster_call(cluster, &kmip_cluster_query), SEALIFT_OK, "%s", cluster->err.message);
    cr_assert_eq(kmip_reply_check(&cluster->reply, &kmip_cluster_query, &cluster->err), SEALIFT_OK, "%s",
                 cluster->err.message);
}

static inline void
kmip_cluster_fault(struct kmip_cluster *cluster, size_t server, const struct scripted_fault *fault)
{
    scripted_kmip_add_fault(cluster->servers[server], fault);
}

static inline size_t
kmip_cluster_requests(const struct kmip_cluster *cluster, size_t server)
{
    return scripted_kmip_requests(cluster->servers[server]);
}

static inline size_t
kmip_cluster_connections(const struct kmip_cluster *cluster, size_t server)
{
    return scripted_kmip_connections(cluster->servers[server]);
}

static inline bool
kmip_cluster_says(const struct kmip_cluster *cluster, const char *text)
{
    return strstr(cluster->err.message, text) != NULL;
}

/* Begins with "KMIP HOST:PORT: " of that server. */
static inline bool
kmip_cluster_blames(const struct kmip_cluster *cluster, size_t server)
{
    char begin[ENDPOINT_TEXT_SIZE + 16];

    snprintf(begin, sizeof(begin), "KMIP %s: ", kmip_client_server_name(cluster->client, server));
    return strncmp(cluster->err.message, begin, strlen(begin)) == 0;
}

static inline void
kmip_cluster_done(struct kmip_cluster *cluster)
{
    kmip_reply_done(&cluster->reply);
    kmip_client_free(&cluster->client);
    for (size_t i = 0; i < cluster->count; i++) {
        if (cluster->servers[i] != NULL)
            cr_expect_str_eq(scripted_kmip_complaint(cluster->servers[i]), "", "a strict server complains: %s",
                             scripted_kmip_complaint(cluster->servers[i]));
        scripted_kmip_stop(&cluster->servers[i]);
    }
    test_pki_done(&cluster->pki);
}

#endif
