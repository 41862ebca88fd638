#include "vault_check.h"

#include "envelope.h"
#include "error.h"
#include "findings.h"
#include "scoped.h"
#include "server_trouble.h"
#include "vault_key.h"
#include "vault_transit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Looks like something that was wrapped and is not: enough to hear whether a call is allowed. */
#define MADE_UP_BLOB "vault:v1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

struct server {
    enum sealift_status status;
    struct finding_note note; /* where it is OK */
    struct sealift_error error;
};

struct run {
    const struct vault_check *check;
    struct server servers[VAULT_ADDRESS_MAX];
    size_t server_count;
    bool reached; /* one of them, at least */
    struct vault_place place;
    struct vault_key key;
    struct vault_lease lease;
    bool lease_is_known;
    struct secret *kek; /* what is wrapped, and must come back */
    struct buf wrapped; /* what came of it */
    bool unwraps;
    struct findings findings;
};

static void
run_done(struct run *run)
{
    secret_free(&run->kek);
    buf_done(&run->wrapped);
}

/* --- Steps and what is told of them --- */

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

static const struct health {
    int status;
    bool serves;
    const char *words;
} healths[] = {
    {200, true, "unsealed and active"},
    {429, true, "a standby, which hands on to the active server"},
    {473, true, "a performance standby"},
    {472, false, "a disaster recovery secondary, which serves nobody: give the primary's address"},
    {474, false, "a standby that cannot reach the active server: try again later, or give another server's address"},
    {501, false, "not initialised: its admin has to initialise and unseal it"},
    {503, false, "sealed: have its admin unseal it"},
    {530, false, "a node that was removed from its cluster: give another server's address"},
};

static enum sealift_status
judge_health(const struct vault_server *server, const struct vault_answer *answer, struct finding_note *note,
             struct sealift_error *err)
{
    const char *address = server->address.text;
    const char *version = json_string(json_get(answer->json, "version"));

    if (version == NULL || !envelope_text_is_plain(version))
        version = "unknown";
    for (size_t i = 0; i < sizeof(healths) / sizeof(healths[0]); i++) {
        if (healths[i].status != answer->status)
            continue;
        if (!healths[i].serves)
            return error_set(err, SEALIFT_UNAVAILABLE, "Vault: %s: it is %s", server->address.name, healths[i].words);
        note->warning = vault_server_is_exposed(server);
        finding_note_down(note, "%s, version %.40s, is %s%s", address, version, healths[i].words,
                          note->warning ? "; but over plain http tokens and keys can be read on the way: use https"
                                        : "");
        return SEALIFT_OK;
    }
    /* A proxy may hide sys/health and still let through what we need. */
    finding_note_down(note, "%s answers, but with %d to the question how it is: a proxy in between?", address,
                      answer->status);
    note->warning = true;
    return SEALIFT_OK;
}

static enum sealift_status
reach_server(struct vault_client *client, size_t at, struct finding_note *note, struct sealift_error *err)
{
    SCOPED(vault_answer_done) struct vault_answer answer = {0};
    struct vault_request request = {.method = "GET", .path = "sys/health", .outside_namespaces = true};

    TRY(vault_client_call_server(client, at, &request, &answer, err));
    return judge_health(vault_client_server(client, at), &answer, note, err);
}

/* What comes is asked of the first that serves: one that hangs would let each step wait, and was told. */
static void
reach_all(struct run *run)
{
    struct vault_client *client = run->check->client;

    run->server_count = vault_client_server_count(client);
    for (size_t i = 0; i < run->server_count; i++) {
        struct server *server = &run->servers[i];

        server->status = reach_server(client, i, &server->note, &server->error);
        if (server->status != SEALIFT_OK || run->reached)
            continue;
        run->reached = true;
        vault_client_begin_with(client, i);
    }
}

/* None was reached: what is said at the end names each with its own trouble, as any command would. */
static void
sum_up_troubles(struct run *run)
{
    struct server_troubles troubles = {.prefix = "Vault: "};

    for (size_t i = 0; i < run->server_count; i++)
        server_troubles_note(&troubles, i, &run->servers[i].error);
    run->findings.status = server_troubles_report(&troubles, 1, &run->findings.error);
}

/* A server that is away while another answers is what there are several for. */
static bool
reach_servers(struct run *run)
{
    reach_all(run);
    for (size_t i = 0; i < run->server_count; i++) {
        struct server *server = &run->servers[i];
        const char *name = vault_client_server(run->check->client, i)->address.name;
        char call[ENDPOINT_TEXT_SIZE + 8] = "reach the server";

        if (run->server_count > 1)
            snprintf(call, sizeof(call), "reach %s", name);
        if (server->status != SEALIFT_OK && run->reached)
            findings_tell(&run->findings, call, true, true, server->error.message);
        else
            findings_add(&run->findings, call, server->status, &server->note, &server->error);
    }
    if (!run->reached)
        sum_up_troubles(run);
    return run->reached;
}

/* --- The login --- */

static enum sealift_status
log_in(struct run *run, struct finding_note *note, struct sealift_error *err)
{
    TRY(vault_login_try(run->check->login, &run->lease, &run->lease_is_known, err));
    finding_note_down(note, "accepted");
    return SEALIFT_OK;
}

static void
format_life(int64_t seconds, char out[32])
{
    if (seconds >= 2 * 24 * 3600)
        snprintf(out, 32, "%" PRId64 " days", seconds / (24 * 3600));
    else if (seconds >= 2 * 3600)
        snprintf(out, 32, "%" PRId64 " hours", seconds / 3600);
    else if (seconds >= 2 * 60)
        snprintf(out, 32, "%" PRId64 " minutes", seconds / 60);
    else
        snprintf(out, 32, "%" PRId64 " seconds", seconds);
}

static enum sealift_status
judge_token(struct run *run, struct finding_note *note, struct sealift_error *err)
{
    const struct vault_lease *lease = &run->lease;
    bool given = run->check->config->vault.auth == KMS_AUTH_TOKEN;
    char life[32];

    (void)err;
    format_life(lease->ttl_s, life);
    note->warning = true;
    if (!run->lease_is_known)
        finding_note_down(note,
                          "its policies do not let it look itself up, so nobody knows how long it lives; ask for  path "
                          "\"auth/token/lookup-self\" { capabilities = [\"read\"] }  and  path "
                          "\"auth/token/renew-self\" { capabilities = [\"update\"] }");
    else if (given && lease->uses > 0)
        finding_note_down(note, "it is good for %" PRId64 " more calls only; use one without a limit", lease->uses);
    else if (lease->ttl_s == 0)
        finding_note_down(note, "it never expires; a periodic token with a policy of its own is what we advise");
    else if (given && !lease->renewable)
        finding_note_down(
            note,
            "it expires in %s and cannot be renewed: what lasts longer will fail at its end; use a periodic "
            "token, or AppRole",
            life);
    else if (given && !lease->periodic) {
        finding_note_down(note, "good for %s, renewed up to its limit, and then over; use a periodic token, or AppRole",
                          life);
    } else {
        finding_note_down(note, "good for %s, then %s", life, given ? "renewed" : "renewed, or we log in again");
        note->warning = false;
    }
    return SEALIFT_OK;
}

/* --- The key --- */

static enum sealift_status
read_key(struct run *run, struct finding_note *note, struct sealift_error *err)
{
    TRY(vault_key_read(run->check->login, &run->place, &run->key, err));
    TRY(vault_key_check(&run->key, &run->place, err));
    finding_note_down(note, "%s, version %" PRId64 ", unwraps what versions from %" PRId64 " on have wrapped",
                      run->key.type, run->key.latest_version, run->key.min_decryption_version);
    return SEALIFT_OK;
}

static void
tell_key_warnings(struct run *run)
{
    const char *warning;

    for (size_t i = 0; (warning = vault_key_warning(&run->key, i)) != NULL; i++)
        findings_tell(&run->findings, "read the key", true, true, warning);
}

/* --- Wrap, unwrap, rewrap --- */

static enum sealift_status
wrap(struct run *run, struct finding_note *note, struct sealift_error *err)
{
    TRY(secret_random(run->check->world, KEY_SIZE, &run->kek, err));
    TRY(vault_transit_wrap(run->check->login, &run->place, run->kek, &run->wrapped, err));
    finding_note_down(note, "a random key was wrapped");
    return SEALIFT_OK;
}

static enum sealift_status
unwrap_and_compare(struct run *run, struct buf *wrapped, struct finding_note *note, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *again = NULL;
    const char *text;

    TRY(buf_text(wrapped, &text, err));
    TRY(vault_transit_unwrap(run->check->login, &run->place, text, &again, err));
    if (!secret_equal(run->kek, again))
        return error_set(err, SEALIFT_KEY, "Vault key %s/%s: what it wrapped came back as something else",
                         run->place.mount, run->place.name);
    run->unwraps = true;
    finding_note_down(note, "the same key came back");
    return SEALIFT_OK;
}

static enum sealift_status
unwrap(struct run *run, struct finding_note *note, struct sealift_error *err)
{
    return unwrap_and_compare(run, &run->wrapped, note, err);
}

static enum sealift_status
rewrap(struct run *run, struct finding_note *note, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf rewrapped = {0};
    const char *text;

    TRY(buf_text(&run->wrapped, &text, err));
    TRY(vault_transit_rewrap(run->check->login, &run->place, text, &rewrapped, err));
    finding_note_down(note, "rewrapped");
    if (!run->unwraps) /* that has been told */
        return SEALIFT_OK;
    return unwrap_and_compare(run, &rewrapped, note, err);
}

/* When nothing could be wrapped, nothing can come back; but whether the call is allowed can be told. */

static enum sealift_status
pass_unless_denied(enum sealift_status status, struct finding_note *note)
{
    if (status == SEALIFT_DENIED || status == SEALIFT_UNAVAILABLE)
        return status;
    note->warning = true;
    finding_note_down(note, "allowed, but not tried for want of something that was wrapped");
    return SEALIFT_OK;
}

static enum sealift_status
ask_for_unwrap(struct run *run, struct finding_note *note, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *ignored = NULL;

    return pass_unless_denied(vault_transit_unwrap(run->check->login, &run->place, MADE_UP_BLOB, &ignored, err), note);
}

static enum sealift_status
ask_for_rewrap(struct run *run, struct finding_note *note, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf ignored = {0};

    return pass_unless_denied(vault_transit_rewrap(run->check->login, &run->place, MADE_UP_BLOB, &ignored, err), note);
}

/* --- All together --- */

/* After a refusal the admin should hear of all that is missing; after anything else there is nothing to learn, and
 * whatever is at that path instead of a transit key had better be left alone. */
static void
ask_for_the_rest(struct run *run)
{
    if (run->findings.status != SEALIFT_DENIED)
        return;
    take(run, "unwrap", ask_for_unwrap);
    take(run, "rewrap", ask_for_rewrap);
}

static void
check_key_use(struct run *run)
{
    if (!take(run, "read the key", read_key)) {
        findings_tell(&run->findings, "wrap", false, false,
                      "not tried: wrapping with a key that cannot be read might create it");
        ask_for_the_rest(run);
        return;
    }
    tell_key_warnings(run);
    if (!take(run, "wrap", wrap)) {
        ask_for_the_rest(run);
        return;
    }
    take(run, "unwrap", unwrap);
    take(run, "rewrap", rewrap);
}

enum sealift_status
vault_check(const struct vault_check *check, struct sealift_error *err)
{
    static const char *const log_in_with[] = {[KMS_AUTH_TOKEN] = "log in with the token",
                                              [KMS_AUTH_APPROLE] = "log in with AppRole",
                                              [KMS_AUTH_KUBERNETES] = "log in with Kubernetes"};
    const struct kms_config *config = check->config;
    SCOPED(run_done)
    struct run run = {
        .check = check,
        .findings = {.each = check->each, .context = check->context},
        .place = {config->address,
                  config->vault.name_space,
                  config->vault.transit_path,
                  config->key,
                  check->errand,
                  {check->errand->once, check->errand->until_ns}},
    };

    if (reach_servers(&run) && take(&run, log_in_with[config->vault.auth], log_in)) {
        take(&run, "keep the token", judge_token);
        check_key_use(&run);
    }
    return findings_end(&run.findings, err);
}
