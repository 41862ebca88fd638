/* libsealift, played: it keeps what it was asked, and answers what the test set. Included by one C file of a program,
 * which then needs no libsealift. */
#ifndef FAKE_SEALIFT_H
#define FAKE_SEALIFT_H

#include "fake_fs.h"
#include "fake_key.h"
#include "fake_kms.h"
#include "fake_obs.h"
#include "fake_snapshot.h"
#include "fake_state.h"

const char *
sealift_status_name(enum sealift_status status)
{
    static const char *const names[] = {"ok",      "invalid", "denied", "not-found", "conflict",  "unavailable",
                                        "corrupt", "key",     "io",     "no-memory", "cancelled", "internal"};

    return names[status];
}

const char *
sealift_version(void)
{
    return "1.2.3";
}

int
sealift_format_version(void)
{
    return 1;
}

enum sealift_status
sealift_open(const struct sealift_options *options, struct sealift **ret_sealift, struct sealift_error *err)
{
    static struct sealift sealift;

    (void)err;
    fake.options = *options;
    snprintf(fake.calls, sizeof(fake.calls), "open ");
    *ret_sealift = &sealift;
    return SEALIFT_OK;
}

void
sealift_close(struct sealift **sealift)
{
    *sealift = NULL;
}

void
sealift_cancel(struct sealift *sealift)
{
    (void)sealift;
    fake.cancelled = true;
}

enum sealift_status
sealift_cluster_get(struct sealift *sealift, struct sealift_cluster *ret_cluster, struct sealift_error *err)
{
    (void)sealift;
    *ret_cluster = (struct sealift_cluster){.home = "/var/lib/sealift", .version = "1", .filesystems = 3};
    return fake_answer("cluster_get", err);
}

enum sealift_status
sealift_cluster_recover(struct sealift *sealift, const struct sealift_recover_spec *spec, sealift_each_recovered *each,
                        void *context, struct sealift_error *err)
{
    const struct sealift_recovered recovered = {
        .id = "6f1d0a6e-3b1c-4c55-9d0a-0123456789ab", .outcome = "recovered", .name = "home", .path = "/srv/home"};

    (void)sealift;
    fake.recover = *spec;
    for (unsigned i = 0; i < fake.rows; i++)
        if (each(context, &recovered, err) != SEALIFT_OK)
            return err->status;
    return fake_answer("cluster_recover", err);
}

#endif
