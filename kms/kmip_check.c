#include "kmip_check.h"

#include "endpoint.h"
#include "envelope.h"
#include "error.h"
#include "findings.h"
#include "kmip_key.h"
#include "kmip_mode.h"
#include "kmip_name.h"
#include "kmip_probe.h"
#include "kmip_query.h"
#include "kmip_wrap.h"
#include "scoped.h"
#include "server_trouble.h"

#include <stdio.h>
#include <string.h>

#define CERTIFICATE_NEEDS_CARE (30 * 24 * 3600 * NS_PER_S)

struct server {
    const char *name;
    enum sealift_status status;
    struct kmip_greeting greeting; /* where it is OK */
    struct sealift_error error;
};

struct run {
    struct kmip_check *check;
    struct kmip_key key;
    struct server servers[ENDPOINT_LIST_MAX];
    size_t server_count;
    const struct server *first; /* that was reached; NULL: none */
    struct kmip_attributes attributes;
    bool attributes_are_known;
    struct kmip_probe probe;
    enum sealift_status probe_status;
    struct sealift_error probe_error;
    struct findings findings;
};

typedef enum sealift_status step_call(struct run *run, struct finding_note *note, struct sealift_error *err);

static bool
take(struct run *run, const char *call, step_call *step)
{
    struct finding_note note = {0};
    struct sealift_error error;
    enum sealift_status status = step(run, &note, &error);

    return findings_add(&run->findings, call, status, &note, &error);
}

/* --- The servers --- */

static void
greet_all(struct run *run)
{
    struct kmip_client *client = run->check->client;

    run->server_count = kmip_client_server_count(client);
    for (size_t i = 0; i < run->server_count; i++) {
        struct server *server = &run->servers[i];

        server->name = kmip_client_server_name(client, i);
        server->status = kmip_client_greet(client, i, &server->greeting, &server->error);
        if (server->status == SEALIFT_OK && run->first == NULL)
            run->first = server;
    }
}

static void
describe_greeting(struct run *run, const struct kmip_greeting *greeting, struct finding_note *note)
{
    struct clock *clock = run->check->world->clock;
    char end[32];

    time_format(greeting->certificate_ends_ns, end);
    note->warning = greeting->certificate_ends_ns - clock->wall_ns(clock) < CERTIFICATE_NEEDS_CARE;
    finding_note_down(note, "%s; our certificate ends on %s%s", greeting->protocol, end,
                      note->warning ? ": have it renewed, and put the new one in its place" : "");
}

/* None was reached: what is said at the end names each with its own trouble, as any command would. */
static void
sum_up_troubles(struct run *run)
{
    struct server_troubles troubles = {.prefix = "KMIP "};

    for (size_t i = 0; i < run->server_count; i++)
        server_troubles_note(&troubles, i, &run->servers[i].error);
    run->findings.status = server_troubles_report(&troubles, 1, &run->findings.error);
}

/* A server that is away while another answers is what there are several for. */
static bool
reach_servers(struct run *run)
{
    greet_all(run);
    for (size_t i = 0; i < run->server_count; i++) {
        const struct server *server = &run->servers[i];
        struct finding_note note = {.warning = true};
        enum sealift_status status = run->first != NULL ? SEALIFT_OK : server->status;
        char call[ENDPOINT_TEXT_SIZE + 8];

        snprintf(call, sizeof(call), "reach %s", server->name);
        if (server->status == SEALIFT_OK)
            describe_greeting(run, &server->greeting, &note);
        else
            finding_note_down(&note, "%s", server->error.message);
        findings_add(&run->findings, call, status, &note, &server->error);
    }
    if (run->first == NULL)
        sum_up_troubles(run);
    return run->first != NULL;
}

static enum sealift_status
agree_on_version(struct run *run, struct finding_note *note, struct sealift_error *err)
{
    enum kmip_version version = run->first->greeting.version;

    (void)err;
    finding_note_down(note, "KMIP %s%s", kmip_version_text(version),
                      run->check->config->kmip.version_is_pinned ? ", as it is pinned" : "");
    for (size_t i = 0; i < run->server_count; i++) {
        const struct server *server = &run->servers[i];

        if (server->status != SEALIFT_OK || server->greeting.version == version)
            continue;
        note->warning = true;
        finding_note_down(note,
                          "KMIP %s, but %s speaks %s with us: what one of them wrapped in AES-GCM the other may not "
                          "open; pin a version that all have (--kmip-version)",
                          kmip_version_text(version), server->name, kmip_version_text(server->greeting.version));
        break;
    }
    return SEALIFT_OK;
}

/* --- The operations --- */

static void
write_query(struct ttlv_writer *writer, enum kmip_version version, const void *context)
{
    (void)version;
    (void)context;
    kmip_query_write(writer);
}

static enum sealift_status
query(struct run *run, struct kmip_abilities *ret_abilities, const char **ret_server, struct sealift_error *err)
{
    SCOPED(kmip_reply_done) struct kmip_reply reply = {0};
    struct kmip_call call = {.operation = KMIP_QUERY, .write = write_query, .once = true};

    TRY(kmip_client_call(run->check->client, &call, &reply, err));
    TRY(kmip_reply_check(&reply, &call, err));
    if (kmip_query_read(&reply.answer, ret_abilities, err) != SEALIFT_OK)
        return error_prefix(err, "KMIP %s: %s", reply.server, kmip_operation_name(call.operation));
    if (!ret_abilities->are_listed)
        return error_set(err, SEALIFT_INVALID, "KMIP %s: %s: the answer names no operation", reply.server,
                         kmip_operation_name(call.operation));
    *ret_server = reply.server;
    return SEALIFT_OK;
}

/* No reason to refuse the server: wrapping will tell. */
static enum sealift_status
leave_open(struct finding_note *note, const struct sealift_error *why)
{
    note->warning = true;
    finding_note_down(note, "unknown: %s", why->message);
    return SEALIFT_OK;
}

static enum sealift_status
list_operations(struct run *run, struct finding_note *note, struct sealift_error *err)
{
    struct kmip_abilities abilities = {0};
    struct sealift_error error;
    const char *server;
    bool says_who;

    if (query(run, &abilities, &server, &error) != SEALIFT_OK)
        return leave_open(note, &error);
    if (!abilities.encrypt || !abilities.decrypt)
        return error_set(err, SEALIFT_INVALID,
                         "KMIP %s: it does not offer %s%s%s to us: ask its admin to enable the cryptographic "
                         "operations of KMIP for this client, or use a server that has them",
                         server, abilities.encrypt ? "" : "Encrypt",
                         !abilities.encrypt && !abilities.decrypt ? " and " : "", abilities.decrypt ? "" : "Decrypt");
    says_who = abilities.vendor[0] != '\0' && envelope_text_is_plain(abilities.vendor);
    note->warning = !abilities.get_attributes;
    finding_note_down(note, "%s offers Encrypt and Decrypt%s%s%s%s", server,
                      abilities.get_attributes ? ", and Get Attributes"
                                               : "; without Get Attributes, what the key is like cannot be told",
                      says_who ? "; it calls itself \"" : "", says_who ? abilities.vendor : "", says_who ? "\"" : "");
    return SEALIFT_OK;
}

/* --- The key --- */

/* Reading may be refused where using is not. Elsewhere than in Vault nothing comes into being by it. */
static enum sealift_status
read_key(struct run *run, struct finding_note *note, struct sealift_error *err)
{
    enum sealift_status status = kmip_key_read(&run->key, &run->attributes, err);
    char text[128];

    if (status == SEALIFT_DENIED || status == SEALIFT_INVALID || status == SEALIFT_KEY) {
        note->warning = true;
        finding_note_down(note, "%s; whether it will do, wrapping has to tell", err->message);
        return SEALIFT_OK;
    }
    TRY(status);
    TRY(kmip_key_check(run->check->world, &run->attributes, run->key.uid, err));
    run->attributes_are_known = true;
    kmip_key_describe(&run->attributes, text);
    finding_note_down(note, "%s", text);
    return SEALIFT_OK;
}

static void
tell_key_warnings(struct run *run)
{
    const char *warning;
    char text[256];

    for (size_t i = 0; run->attributes_are_known; i++) {
        warning = kmip_key_warning(run->check->world, &run->attributes, i, text);
        if (warning == NULL)
            break;
        findings_tell(&run->findings, "read the key", true, true, warning);
    }
}

/* --- Wrap, unwrap, notice damage: one probe, told as three --- */

static enum sealift_status
probed(struct run *run, enum kmip_probe_step step, struct sealift_error *err)
{
    if (run->probe_status == SEALIFT_OK || run->probe.step > step)
        return SEALIFT_OK;
    *err = run->probe_error;
    return run->probe_status;
}

static enum sealift_status
wrap(struct run *run, struct finding_note *note, struct sealift_error *err)
{
    const struct kmip_mode *before = &run->check->config->kmip.mode;
    const char *passed_over = run->probe.passed_over.message;

    TRY(probed(run, KMIP_PROBE_WRAP, err));
    if (run->probe_status != SEALIFT_OK) {
        finding_note_down(note, "a random key was wrapped");
        return SEALIFT_OK;
    }
    note->warning = kmip_mode_is_known(before) && !kmip_mode_equal(before, &run->probe.mode);
    finding_note_down(note, "a random key was wrapped in %s%s%s%s", kmip_mode_words(&run->probe.mode),
                      note->warning ? "; the mode that is configured does not work any more: set the KMS again" : "",
                      passed_over[0] != '\0' ? "; tried in vain before: " : "", passed_over);
    return SEALIFT_OK;
}

static enum sealift_status
unwrap(struct run *run, struct finding_note *note, struct sealift_error *err)
{
    TRY(probed(run, KMIP_PROBE_UNWRAP, err));
    finding_note_down(note, "the same key came back");
    return SEALIFT_OK;
}

static enum sealift_status
notice_damage(struct run *run, struct finding_note *note, struct sealift_error *err)
{
    TRY(probed(run, KMIP_PROBE_DAMAGE, err));
    finding_note_down(note,
                      run->probe.mode.cipher == KMIP_AES_GCM
                          ? "what was altered is refused: ciphertext, IV and tag"
                          : "AES-CBC cannot; the envelope's own AES-GCM, with which sealift seals each key, does");
    return SEALIFT_OK;
}

/* When nothing could be wrapped, nothing can come back; but whether the call is allowed can be told. */
static enum sealift_status
ask_for_unwrap(struct run *run, struct finding_note *note, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *ignored = NULL;
    struct kmip_sealed made_up = {.cipher = KMIP_AES_CBC, .version = KMIP_1_2, .data_len = 48, .iv_len = 16};
    enum kmip_verdict verdict;
    enum sealift_status status = kmip_decrypt(&run->key, &made_up, &ignored, &verdict, err);

    if (status == SEALIFT_DENIED || verdict == KMIP_SILENT)
        return status;
    note->warning = true;
    finding_note_down(note, "allowed, but not tried for want of something that was wrapped");
    return SEALIFT_OK;
}

static void
check_key_use(struct run *run)
{
    run->probe_status = kmip_probe(&run->key, &run->check->config->kmip.mode, &run->probe, &run->probe_error);
    if (run->probe_status == SEALIFT_OK)
        run->check->mode = run->probe.mode;
    if (!take(run, "wrap", wrap)) {
        if (run->probe_status == SEALIFT_DENIED)
            take(run, "unwrap", ask_for_unwrap);
        return;
    }
    if (take(run, "unwrap", unwrap))
        take(run, "notice damage", notice_damage);
}

/* --- All together --- */

enum sealift_status
kmip_check(struct kmip_check *check, struct sealift_error *err)
{
    struct run run = {
        .check = check,
        .key = {.world = check->world,
                .client = check->client,
                .uid = check->config->key,
                .errand = check->errand,
                .once = true},
        .findings = {.each = check->each, .context = check->context},
    };

    if (reach_servers(&run)) {
        take(&run, "agree on a version", agree_on_version);
        take(&run, "list the operations", list_operations);
        if (take(&run, "read the key", read_key)) {
            tell_key_warnings(&run);
            check_key_use(&run);
        } else {
            findings_tell(&run.findings, "wrap", false, false, "not tried, for the key will not do");
        }
    }
    return findings_end(&run.findings, err);
}
