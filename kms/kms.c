#include "kms.h"

#include "error.h"
#include "kmip.h"
#include "local.h"
#include "patience.h"
#include "scoped.h"
#include "vault.h"

#include <stdio.h>
#include <string.h>

static enum sealift_status
open_type(const struct world *world, const struct kms_config *config, const char *home, struct kms **ret_kms,
          struct sealift_error *err)
{
    switch (config->type) {
    case KMS_NONE:
        return error_set(err, SEALIFT_INVALID,
                         "no KMS is configured; set one with \"sealift kms set vault\" or \"sealift kms set kmip\", "
                         "or, for a trial, "
                         "use the insecure local one with --allow-no-kms");
    case KMS_LOCAL:
        return local_open(world, home, ret_kms, err);
    case KMS_VAULT:
        return vault_open(world, config, ret_kms, err);
    case KMS_KMIP:
        return kmip_open(world, config, NULL, ret_kms, err);
    }
    return error_set(err, SEALIFT_INTERNAL, "a KMS of an unknown type");
}

enum sealift_status
kms_open(const struct world *world, const struct kms_config *config, const char *home, struct kms **ret_kms,
         struct sealift_error *err)
{
    struct kms_config checked = *config;

    TRY(kms_config_check(&checked, err));
    TRY(open_type(world, &checked, home, ret_kms, err));
    kms_config_place(&checked, &(*ret_kms)->place);
    if (checked.type == KMS_LOCAL)
        local_name_place(world, home, &(*ret_kms)->place);
    return SEALIFT_OK;
}

void
kms_free(struct kms **kms)
{
    if (*kms != NULL)
        (*kms)->ops->free(*kms);
    *kms = NULL;
}

/* What goes into an envelope must be readable from one, so a KMS's answer is held to the envelope's own rules. */
static enum sealift_status
check_wrapped(const struct kms *kms, struct bytes wrapped, struct sealift_error *err)
{
    for (size_t i = 0; i < wrapped.len; i++) {
        if (wrapped.data[i] < 0x20 || wrapped.data[i] > 0x7e)
            return error_set(err, SEALIFT_CORRUPT, "%s: the wrapped key holds something else than printable ASCII",
                             kms->ops->type);
    }
    if (wrapped.len == 0 || wrapped.len > WRAPPED_KEK_MAX)
        return error_set(err, SEALIFT_CORRUPT, "%s: the wrapped key has %zu bytes; 1 to %d are possible",
                         kms->ops->type, wrapped.len, WRAPPED_KEK_MAX);
    return SEALIFT_OK;
}

void
kms_errand_note(struct kms_errand *errand, const char *request_id)
{
    size_t have = strlen(errand->request_ids), len = strlen(request_id);

    if (len == 0 || have + 1 + len >= sizeof(errand->request_ids))
        return;
    for (size_t i = 0; i < len; i++)
        if (request_id[i] <= ' ' || request_id[i] > '~' || request_id[i] == '"' || request_id[i] == '\\')
            return;
    if (have > 0)
        errand->request_ids[have++] = ' ';
    memcpy(errand->request_ids + have, request_id, len + 1);
}

bool
kms_is_place_of(const struct kms_hint *place, const struct kms_hint *hint)
{
    return strcmp(place->type, hint->type) == 0 && strcmp(place->name_space, hint->name_space) == 0 &&
           strcmp(place->mount, hint->mount) == 0 && strcmp(place->key_identifier, hint->key_identifier) == 0;
}

/* --- Calls: each may be repeated while the KMS is not there, and is told to the audit log once, as it ended --- */

struct call {
    struct kms *kms;
    struct kms_errand *errand;
    const char *operation;
    struct patience patience;
    int64_t tried_ns; /* when the last try began */
    bool alone;       /* and nobody was waiting then, whom it may have had to wait for */
    bool waits;       /* of the calls of who is impatient, this one */
    bool silent;      /* a try got no answer for long */
};

enum sealift_status
kms_audit_ready(struct kms_audit *audit, struct sealift_error *err)
{
    return audit != NULL && audit->ready != NULL ? audit->ready(audit, err) : SEALIFT_OK;
}

static int64_t
now_ns(const struct kms *kms)
{
    return kms->world->clock->mono_ns(kms->world->clock);
}

/* Who waits for what, when somebody does: a filesystem, unless it is the key itself that is asked about. */
static void
introduce(const struct kms *kms, const struct uuid *fs, struct patience *patience)
{
    const struct kms_hint *place = &kms->place;
    const bool of_fs = !uuid_is_zero(fs);
    char text[UUID_TEXT_SIZE];

    uuid_format(fs, text);
    snprintf(patience->who, sizeof(patience->who), "%s%s%s %s key %s%s%s%s%s%s%s", of_fs ? "filesystem " : "",
             of_fs ? text : "what needs", of_fs ? ", with" : "", place->type, place->mount,
             place->mount[0] != '\0' ? "/" : "", place->key_identifier,
             place->name_space[0] != '\0' ? " (namespace " : "", place->name_space,
             place->name_space[0] != '\0' ? ")" : "", of_fs ? "," : "");
}

static struct call
call_begin(struct kms *kms, struct kms_errand *errand, const char *operation)
{
    struct call call = {
        .kms = kms,
        .errand = errand,
        .operation = operation,
        .patience = patience_begin(kms->world, kms->wait_seconds),
        .tried_ns = now_ns(kms),
        .alone = !atomic_load(&kms->is_waited_for),
    };

    errand->once = kms->wait_seconds > 0 || kms->impatient;
    errand->until_ns = kms->wait_seconds > 0 ? call.patience.deadline_ns : 0;
    errand->request_ids[0] = '\0';
    errand->by = kms->place;
    if (kms->wait_seconds > 0)
        introduce(kms, &errand->fs, &call.patience);
    return call;
}

/* --- Impatience, for who goes through many wrappings ---
 *
 * That one call found nobody there does not show that the KMS is away: whoever may write to a bucket may have made a
 * wrapping at which a server, or a proxy before it, fails. So the other calls are not refused: each tries once, which
 * takes no time when a server is sealed or stopped and says so, and the first that is answered ends it. Only a KMS from
 * which nothing at all came back for long is left alone for a minute: there each try would take as long as waiting. */

#define IMPATIENCE_NS (60 * NS_PER_S)
#define SILENCE_NS    (4 * NS_PER_S) /* connecting is given up after five */
#define LOOK_NS       (50 * NS_PER_MS)

static enum sealift_status
call_refuse(const struct call *call, struct sealift_error *err)
{
    const struct kms *kms = call->kms;

    TRY(kms_audit_ready(kms->audit, err));
    if (!kms->impatient || now_ns(kms) >= atomic_load(&kms->silent_until_ns))
        return SEALIFT_OK;
    return error_set(err, SEALIFT_UNAVAILABLE,
                     "the %s KMS (key %s) was not there a moment ago, and is not waited for once more; run the command "
                     "again when it is there",
                     kms->ops->type, kms->place.key_identifier);
}

static bool
is_away(const struct kms *kms)
{
    return now_ns(kms) < atomic_load(&kms->away_until_ns);
}

/* One call waits for all that found nobody there at the same time; they hear what came of it. True: this is the one. */
static bool
is_the_one_that_waits(struct call *call, struct sealift_error *err)
{
    const struct world *world = call->kms->world;
    struct kms *kms = call->kms;

    while (atomic_exchange(&kms->is_waited_for, true)) {
        world->clock->sleep_ns(world->clock, LOOK_NS, world->cancel);
        if (is_away(kms) || world_check_cancel(world, err) != SEALIFT_OK)
            return false;
    }
    call->waits = !is_away(kms);
    if (!call->waits)
        atomic_store(&kms->is_waited_for, false);
    return call->waits;
}

/* --- Repeating --- */

/* Whether there is another try: with a time to wait for, within that; else one more, with the type's own retries. */
static bool
wait_some(struct call *call, struct sealift_error *err)
{
    if (call->kms->wait_seconds > 0)
        return patience_lasts(&call->patience, err);
    if (!call->errand->once)
        return false;
    call->errand->once = false;
    return true;
}

static bool
call_again(struct call *call, enum sealift_status status, struct sealift_error *err)
{
    struct kms *kms = call->kms;

    if (status != SEALIFT_UNAVAILABLE)
        return false;
    if (call->errand->once && call->alone && now_ns(kms) - call->tried_ns >= SILENCE_NS)
        call->silent = true;
    if (kms->impatient && !call->waits && (is_away(kms) || !is_the_one_that_waits(call, err)))
        return false;
    if (!wait_some(call, err))
        return false;
    call->tried_ns = now_ns(kms);
    call->alone = !atomic_load(&kms->is_waited_for);
    return true;
}

static void
note_end(const struct call *call, enum sealift_status status)
{
    struct kms *kms = call->kms;
    int64_t until = status == SEALIFT_UNAVAILABLE ? now_ns(kms) + IMPATIENCE_NS : 0;

    if (call->silent || until == 0)
        atomic_store(&kms->silent_until_ns, until);
    atomic_store(&kms->away_until_ns, until);
    if (call->waits)
        atomic_store(&kms->is_waited_for, false);
}

/* The result is handed out only when this is OK. */
static enum sealift_status
call_end(const struct call *call, enum sealift_status status, struct sealift_error *err)
{
    /* Who waited may have been told to stop. */
    const enum sealift_status ended = status == SEALIFT_OK ? status : err->status;
    struct kms_audit *audit = call->kms->audit;
    const struct kms_event event = {
        .operation = call->operation,
        .type = call->kms->ops->type,
        .errand = call->errand,
        .status = ended,
        .message = ended == SEALIFT_OK ? NULL : err->message,
    };
    struct sealift_error unrecorded;

    note_end(call, ended);
    if (audit == NULL || audit->note(audit, &event, &unrecorded) == SEALIFT_OK)
        return ended;
    if (ended != SEALIFT_OK)
        (void)error_hint(&unrecorded, "the KMS, too, failed: %s", err->message);
    *err = unrecorded;
    return err->status;
}

static enum sealift_status
wrap_once(struct kms *kms, struct kms_errand *errand, const struct secret *kek, struct kms_hint *ret_hint,
          struct buf *out, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf wrapped = {0};
    struct kms_hint hint = {0};

    TRY(kms->ops->wrap(kms, errand, kek, &hint, &wrapped, err));
    TRY(check_wrapped(kms, buf_bytes(&wrapped), err));
    TRY(buf_append_bytes(out, buf_bytes(&wrapped), err));
    *ret_hint = errand->by = hint;
    return SEALIFT_OK;
}

enum sealift_status
kms_wrap(struct kms *kms, struct kms_errand *errand, const struct secret *kek, struct kms_hint *ret_hint,
         struct buf *out, struct sealift_error *err)
{
    struct call call = call_begin(kms, errand, "wrap");
    SCOPED(buf_done) struct buf wrapped = {0};
    struct kms_hint hint = {0};
    enum sealift_status status;

    TRY(call_refuse(&call, err));
    do
        status = wrap_once(kms, errand, kek, &hint, &wrapped, err);
    while (call_again(&call, status, err));
    TRY(call_end(&call, status, err));
    TRY(buf_append_bytes(out, buf_bytes(&wrapped), err));
    *ret_hint = hint;
    return SEALIFT_OK;
}

static enum sealift_status
rewrap_once(struct kms *kms, struct kms_errand *errand, const char *wrapped_kek, struct kms_hint *ret_hint,
            struct buf *out, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf wrapped = {0};
    struct kms_hint hint = {0};

    TRY(kms->ops->rewrap(kms, errand, wrapped_kek, &hint, &wrapped, err));
    TRY(check_wrapped(kms, buf_bytes(&wrapped), err));
    TRY(buf_append_bytes(out, buf_bytes(&wrapped), err));
    *ret_hint = errand->by = hint;
    return SEALIFT_OK;
}

bool
kms_can_rewrap(const struct kms *kms)
{
    return kms->ops->rewrap != NULL;
}

enum sealift_status
kms_rewrap(struct kms *kms, struct kms_errand *errand, const char *wrapped_kek, struct kms_hint *ret_hint,
           struct buf *out, struct sealift_error *err)
{
    struct call call = call_begin(kms, errand, "rewrap");
    SCOPED(buf_done) struct buf wrapped = {0};
    struct kms_hint hint = {0};
    enum sealift_status status;

    if (!kms_can_rewrap(kms))
        return error_set(err, SEALIFT_INVALID, "a KMS of type \"%s\" cannot rewrap", kms->ops->type);
    TRY(call_refuse(&call, err));
    do
        status = rewrap_once(kms, errand, wrapped_kek, &hint, &wrapped, err);
    while (call_again(&call, status, err));
    TRY(call_end(&call, status, err));
    TRY(buf_append_bytes(out, buf_bytes(&wrapped), err));
    *ret_hint = hint;
    return SEALIFT_OK;
}

static enum sealift_status
unwrap_once(struct kms *kms, struct kms_errand *errand, const struct kms_hint *hint, const char *wrapped_kek,
            struct secret **ret_kek, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *kek = NULL;

    TRY(kms->ops->unwrap(kms, errand, hint, wrapped_kek, &kek, err));
    if (kek->len != KEY_SIZE)
        return error_set(err, SEALIFT_KEY, "%s: the unwrapped KEK has %zu bytes instead of %d", kms->ops->type,
                         kek->len, KEY_SIZE);
    *ret_kek = TAKE(kek);
    return SEALIFT_OK;
}

enum sealift_status
kms_unwrap(struct kms *kms, struct kms_errand *errand, const struct kms_hint *hint, const char *wrapped_kek,
           struct secret **ret_kek, struct sealift_error *err)
{
    struct call call = call_begin(kms, errand, "unwrap");
    SCOPED(secret_free) struct secret *kek = NULL;
    enum sealift_status status;

    if (strcmp(hint->type, kms->ops->type) != 0)
        return error_set(
            err, SEALIFT_DENIED,
            "the key is wrapped by a KMS of type \"%s\" (key \"%s\"), and the one that is configured here is "
            "of type \"%s\"; configure the other one with \"sealift kms set\"",
            hint->type, hint->key_identifier, kms->ops->type);
    TRY(call_refuse(&call, err));
    do
        status = unwrap_once(kms, errand, hint, wrapped_kek, &kek, err);
    while (call_again(&call, status, err));
    TRY(call_end(&call, status, err));
    *ret_kek = TAKE(kek);
    return SEALIFT_OK;
}

enum sealift_status
kms_key_state(struct kms *kms, struct kms_errand *errand, struct kms_key_state *ret_state, struct sealift_error *err)
{
    struct call call = call_begin(kms, errand, "read-key");
    struct kms_key_state state = {0};
    enum sealift_status status;

    *ret_state = (struct kms_key_state){0};
    if (kms->ops->key_state == NULL)
        return SEALIFT_OK;
    TRY(call_refuse(&call, err));
    do
        status = kms->ops->key_state(kms, errand, &state, err);
    while (call_again(&call, status, err));
    TRY(call_end(&call, status, err));
    *ret_state = state;
    return SEALIFT_OK;
}

enum sealift_status
kms_check(struct kms *kms, kms_each_finding *each, void *context, struct sealift_error *err)
{
    struct kms_errand errand = {0};
    struct call call = call_begin(kms, &errand, "check");
    enum sealift_status status;

    errand.once = false; /* nobody repeats it */
    errand.until_ns = 0;
    TRY(kms_audit_ready(kms->audit, err));
    status = kms->ops->check(kms, &errand, each, context, err);
    return call_end(&call, status, err);
}

static void
ignore_finding(void *context, const struct kms_finding *finding)
{
    (void)context;
    (void)finding;
}

enum sealift_status
kms_try(struct kms *kms, struct sealift_error *err)
{
    struct kms_errand errand = {0};
    struct call call = call_begin(kms, &errand, "check");
    enum sealift_status status;

    TRY(call_refuse(&call, err));
    do
        status = kms->ops->check(kms, &errand, ignore_finding, NULL, err);
    while (call_again(&call, status, err));
    return call_end(&call, status, err);
}

void
kms_learned(struct kms *kms, struct kms_config *config)
{
    if (kms->ops->learned != NULL)
        kms->ops->learned(kms, config);
}

void
kms_keep_alive(struct kms *kms)
{
    if (kms->ops->keep_alive != NULL)
        kms->ops->keep_alive(kms);
}
