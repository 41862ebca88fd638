#include "error.h"
#include "handle.h"
#include "obs.h"
#include "scoped.h"
#include "store_probe.h"

#include <stdio.h>
#include <string.h>

static enum sealift_status
copy_text(char *out, size_t size, const char *text, const char *what, struct sealift_error *err)
{
    if (strlen(text) >= size)
        return error_set(err, SEALIFT_INVALID, "%s: is longer than %zu bytes", what, size - 1);
    memcpy(out, text, strlen(text) + 1);
    return SEALIFT_OK;
}

static enum sealift_status
fill_row(struct table_obs *row, const struct sealift_obs_spec *spec, const struct store_abilities *abilities,
         struct sealift_error *err)
{
    SCOPED(buf_done) struct buf options = {0};
    SCOPED(buf_done) struct buf found = {0};
    const char *text;

    TRY(copy_text(row->url, sizeof(row->url), spec->url, "the object store's URL", err));
    TRY(obs_options_to_json(spec, &options, err));
    TRY(buf_text(&options, &text, err));
    TRY(copy_text(row->options, sizeof(row->options), text, "the object store's options", err));
    TRY(store_abilities_to_json(abilities, &found, err));
    TRY(buf_text(&found, &text, err));
    return copy_text(row->abilities, sizeof(row->abilities), text, "the object store's abilities", err);
}

/* Opens the store, proves it, and leaves the format marker. */
static enum sealift_status
prove(struct sealift *sealift, const struct sealift_obs_spec *spec, bool no_check,
      struct store_abilities *ret_abilities, struct sealift_error *err)
{
    SCOPED(store_free) struct store *store = NULL;

    TRY(obs_check(spec, err));
    if (no_check)
        return SEALIFT_OK;
    TRY(obs_open(&sealift->world, spec, true, &store, err));
    TRY(store_probe(store, &sealift->world, ret_abilities, err));
    return obs_mark(store, err);
}

/* What is named by a path is looked for from wherever the next command runs. */
static enum sealift_status
settle_path(const struct sealift_obs_spec *spec, struct sealift_obs_spec *ret_settled, char **ret_ca_cert,
            struct sealift_error *err)
{
    *ret_settled = *spec;
    if (spec->ca_cert == NULL || spec->ca_cert[0] == '\0')
        return SEALIFT_OK;
    TRY(handle_absolute_path(spec->ca_cert, ret_ca_cert, err));
    ret_settled->ca_cert = *ret_ca_cert;
    return SEALIFT_OK;
}

enum sealift_status
sealift_obs_add(struct sealift *sealift, const char *name, const struct sealift_obs_spec *spec, bool no_check,
                struct sealift_error *err)
{
    SCOPED(free_done) char *ca_cert = NULL;
    struct table_obs row = {.added_ns = sealift->world.clock->wall_ns(sealift->world.clock)};
    struct store_abilities abilities = {0};
    struct sealift_obs_spec settled;
    struct table_obs taken;
    enum sealift_status status;

    TRY(handle_need(name, "the object store's name", err));
    TRY(handle_need(spec->url, "the object store's URL", err));
    TRY(table_check_name("object store", name, err));
    TRY(copy_text(row.name, sizeof(row.name), name, "the object store's name", err));
    TRY(handle_need_table(sealift, err));
    status = table_obs_get(sealift->table, name, &taken, err);
    if (status == SEALIFT_OK)
        return error_set(err, SEALIFT_CONFLICT,
                         "object store %s: the name is taken (%s); \"sealift obs update\" changes it", name, taken.url);
    if (status != SEALIFT_NOT_FOUND)
        return status;
    TRY(settle_path(spec, &settled, &ca_cert, err));
    TRY(prove(sealift, &settled, no_check, &abilities, err));
    TRY(fill_row(&row, &settled, &abilities, err));
    return table_obs_add(sealift->table, &row, err);
}

enum sealift_status
sealift_obs_update(struct sealift *sealift, const char *name, const struct sealift_obs_spec *spec, bool no_check,
                   struct sealift_error *err)
{
    SCOPED(obs_options_free) struct obs_options *options = NULL;
    SCOPED(free_done) char *ca_cert = NULL;
    struct store_abilities abilities = {0};
    struct sealift_obs_spec settled, merged;
    struct table_obs row, changed;

    TRY(handle_need(name, "the object store's name", err));
    TRY(handle_need_table(sealift, err));
    TRY(table_obs_get(sealift->table, name, &row, err));
    TRY(obs_options_from_json(bytes_of_text(row.options), &options, &merged, err));
    TRY(store_abilities_from_json(bytes_of_text(row.abilities), &abilities, err));
    merged.url = row.url;
    TRY(settle_path(spec, &settled, &ca_cert, err));
    obs_spec_merge(&merged, &settled);
    if (spec->url != NULL || spec->endpoint != NULL) /* another store: what is known was found out about the old one */
        abilities = (struct store_abilities){0};
    TRY(prove(sealift, &merged, no_check, &abilities, err));
    changed = row;
    TRY(fill_row(&changed, &merged, &abilities, err));
    return table_obs_update(sealift->table, &changed, err);
}

enum sealift_status
sealift_obs_remove(struct sealift *sealift, const char *name, struct sealift_error *err)
{
    TRY(handle_need(name, "the object store's name", err));
    TRY(handle_need_table(sealift, err));
    return table_obs_remove(sealift->table, name, err);
}

struct obs_listing {
    sealift_each_obs *each;
    void *context;
};

static enum sealift_status
show_obs(void *context, const struct table_obs *row, struct sealift_error *err)
{
    struct obs_listing *listing = context;
    SCOPED(obs_options_free) struct obs_options *options = NULL;
    struct sealift_obs obs = {.name = row->name, .added_ns = row->added_ns};
    struct store_abilities abilities;

    TRY(obs_options_from_json(bytes_of_text(row->options), &options, &obs.spec, err));
    TRY(store_abilities_from_json(bytes_of_text(row->abilities), &abilities, err));
    obs.spec.url = row->url;
    obs.conditional_put = store_conditional_name(abilities.conditional_put);
    obs.verifies_checksum = store_answer_name(abilities.verifies_checksum);
    obs.keeps_checksum = store_answer_name(abilities.keeps_checksum);
    obs.deletes = store_answer_name(abilities.deletes);
    obs.versioning = store_answer_name(abilities.versioning);
    obs.object_lock = store_answer_name(abilities.object_lock);
    return listing->each(listing->context, &obs, err);
}

enum sealift_status
sealift_obs_list(struct sealift *sealift, sealift_each_obs *each, void *context, struct sealift_error *err)
{
    struct obs_listing listing = {each, context};

    TRY(handle_need_table(sealift, err));
    return table_obs_list(sealift->table, show_obs, &listing, err);
}
