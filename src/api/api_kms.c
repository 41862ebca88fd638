#include "error.h"
#include "handle.h"
#include "kmip_mode.h"
#include "kmip_spec.h"
#include "kms_change.h"
#include "scoped.h"
#include "vault_spec.h"

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

static enum sealift_status
show_move(struct sealift *sealift, struct sealift_kms *kms, struct sealift_error *err)
{
    struct kms_move *move = &sealift->kms_move;

    TRY(kms_move_find(sealift, move, err));
    kms->moving = move->moving;
    kms->moving_names = or_null(move->names);
    kms->move_advice = or_null(move->advice);
    if (move->former_type == NULL)
        return SEALIFT_OK;
    kms->former_type = move->former_type;
    kms->former_address = or_null(move->former.address);
    kms->former_key = or_null(move->former.key);
    return SEALIFT_OK;
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
        return kms_move_hint(sealift, err);
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

/* Not one that is needed of the KMS in force, and no failure: that another one is needed, too. */
static enum sealift_status
find_move(struct sealift *sealift, struct findings *findings, struct sealift_error *err)
{
    struct kms_move *move = &sealift->kms_move;

    TRY(kms_move_find(sealift, move, err));
    if (move->advice[0] != '\0')
        pass_finding(findings, &(struct kms_finding){
                                   .call = "end the move", .ok = true, .warning = true, .message = move->advice});
    return SEALIFT_OK;
}

enum sealift_status
sealift_kms_check(struct sealift *sealift, sealift_each_kms_finding *each, void *context, struct sealift_error *err)
{
    struct findings findings = {each, context};
    struct kms *kms;

    if (handle_kms(sealift, false, &kms, err) != SEALIFT_OK)
        return kms_move_hint(sealift, err);
    TRY(kms_check(kms, pass_finding, &findings, err));
    return find_move(sealift, &findings, err);
}
