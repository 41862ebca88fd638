#include "error.h"
#include "handle.h"
#include "kmip_mode.h"
#include "kmip_spec.h"
#include "kms_change.h"
#include "scoped.h"
#include "vault_spec.h"

#include <inttypes.h>
#include <string.h>

static enum sealift_status
set(struct sealift *sealift, struct kms_config *config, const struct sealift_kms_change *wish,
    struct sealift_error *err)
{
    const struct sealift_kms_change usual = {0};
    const struct kms_change change = {.config = config, .wish = wish != NULL ? wish : &usual};

    TRY(kms_change_try(sealift, config, change.wish, err));
    return kms_change(sealift, &change, err);
}

enum sealift_status
sealift_kms_set_vault(struct sealift *sealift, const struct sealift_vault_spec *spec,
                      const struct sealift_kms_change *change, struct sealift_error *err)
{
    struct kms_config config;

    TRY(handle_need_table(sealift, err));
    TRY(vault_spec_read(spec, &config, err));
    return set(sealift, &config, change, err);
}

enum sealift_status
sealift_kms_set_kmip(struct sealift *sealift, const struct sealift_kmip_spec *spec,
                     const struct sealift_kms_change *change, struct sealift_error *err)
{
    struct kms_config config;

    TRY(handle_need_table(sealift, err));
    TRY(kmip_spec_read(spec, &config, err));
    return set(sealift, &config, change, err);
}

static const char *
or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static const char *
auth_name(enum kms_auth auth)
{
    switch (auth) {
    case KMS_AUTH_TOKEN:
        return "token";
    case KMS_AUTH_APPROLE:
        return "approle";
    case KMS_AUTH_KUBERNETES:
        return "kubernetes";
    }
    return "unknown";
}

static void
show_vault(const struct vault_config *vault, struct sealift_kms *kms)
{
    kms->type = "vault";
    kms->name_space = or_null(vault->name_space);
    kms->transit_path = or_null(vault->transit_path);
    kms->auth_method = auth_name(vault->auth);
    kms->auth_path = or_null(vault->auth_path);
    kms->role_id = or_null(vault->role_id);
    kms->kubernetes_role = or_null(vault->kubernetes_role);
}

static const char *
version_choice(const struct kmip_config *kmip)
{
    if (kmip->version_is_pinned)
        return "pinned";
    return kmip->version != KMIP_VERSION_UNKNOWN ? "agreed" : "open";
}

static void
show_kmip(const struct kmip_config *kmip, const char *client_key, struct sealift_kms *kms)
{
    kms->type = "kmip";
    kms->client_cert = or_null(kmip->client_cert);
    kms->client_key = or_null(client_key);
    kms->username = or_null(kmip->username);
    kms->server_name = or_null(kmip->server_name);
    kms->kmip_version = or_null(kmip_version_text(kmip->version));
    kms->version_choice = version_choice(kmip);
    kms->mode = or_null(kmip_mode_name(&kmip->mode));
}

/* --- a move that goes on --- */

static const char *
type_name(const struct kms_config *config)
{
    struct kms_hint place;

    kms_config_place(config, &place);
    if (strcmp(place.type, "vault") == 0)
        return "vault";
    return strcmp(place.type, "kmip") == 0 ? "kmip" : "local";
}

/* The latest comes first. */
static enum sealift_status
take_first(void *context, int64_t id, const char *text, struct sealift_error *err)
{
    struct kms_config *former = context;

    (void)id;
    return former->type == KMS_NONE ? kms_config_from_json(bytes_of_text(text), former, err) : SEALIFT_OK;
}

static enum sealift_status
count_moving(void *context, const struct table_fs *row, struct sealift_error *err)
{
    int64_t *moving = context;

    (void)err;
    *moving += row->moving;
    return SEALIFT_OK;
}

static enum sealift_status
show_move(struct sealift *sealift, struct sealift_kms *kms, struct sealift_error *err)
{
    struct kms_config *former = &sealift->kms_former;

    former->type = KMS_NONE;
    TRY(table_kms_former_list(sealift->table, take_first, former, err));
    TRY(table_fs_list(sealift->table, count_moving, &kms->moving, err));
    if (former->type == KMS_NONE)
        return SEALIFT_OK;
    kms->former_type = type_name(former);
    kms->former_address = or_null(former->address);
    kms->former_key = or_null(former->key);
    return SEALIFT_OK;
}

static enum sealift_status
explain_none(struct sealift *sealift, struct sealift_error *err)
{
    const struct sealift_error none = *err;
    struct sealift_kms kms = {0};

    TRY(show_move(sealift, &kms, err));
    *err = none;
    if (kms.former_type == NULL || kms.moving == 0)
        return err->status;
    return error_hint(err,
                      "%" PRId64 " filesystem%s still to be moved from the %s KMS before (%s) to the local key: "
                      "\"sealift kms reset --allow-downgrade\" goes on",
                      kms.moving, kms.moving == 1 ? " is" : "s are", kms.former_type,
                      kms.former_address != NULL ? kms.former_address : "");
}

enum sealift_status
sealift_kms_get(struct sealift *sealift, struct sealift_kms *ret_kms, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};
    struct kms_config *config = &sealift->kms_config;
    enum sealift_status status;

    TRY(handle_need_table(sealift, err));
    status = table_kms_get(sealift->table, &text, err);
    if (status == SEALIFT_NOT_FOUND)
        return explain_none(sealift, err);
    TRY(status);
    TRY(kms_config_from_json(buf_bytes(&text), config, err));
    credential_format(&config->credential, sealift->kms_credential);
    credential_format(&config->kmip.client_key, sealift->kms_client_key);
    *ret_kms = (struct sealift_kms){
        .type = "local",
        .address = or_null(config->address),
        .key = or_null(config->key),
        .ca_cert = or_null(config->ca_file),
        .credential = or_null(sealift->kms_credential),
    };
    if (config->type == KMS_VAULT)
        show_vault(&config->vault, ret_kms);
    if (config->type == KMS_KMIP)
        show_kmip(&config->kmip, sealift->kms_client_key, ret_kms);
    return show_move(sealift, ret_kms, err);
}

struct findings {
    sealift_each_kms_finding *each;
    void *context;
};

static void
pass_finding(void *context, const struct kms_finding *finding)
{
    struct findings *findings = context;
    const struct sealift_kms_finding passed = {
        .call = finding->call,
        .ok = finding->ok,
        .warning = finding->warning,
        .message = finding->message,
    };

    findings->each(findings->context, &passed);
}

enum sealift_status
sealift_kms_check(struct sealift *sealift, sealift_each_kms_finding *each, void *context, struct sealift_error *err)
{
    struct findings findings = {each, context};
    struct kms *kms;

    TRY(handle_kms(sealift, false, &kms, err));
    return kms_check(kms, pass_finding, &findings, err);
}
