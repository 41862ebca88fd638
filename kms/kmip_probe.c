#include "kmip_probe.h"

#include "error.h"
#include "kmip_mode.h"
#include "kmip_wrap.h"
#include "scoped.h"

#include <stdio.h>

/* One mode being tried. */
struct trial {
    struct kmip_key key;
    const char *server; /* that wrapped */
    const struct kmip_mode *mode;
    struct secret *kek;
    struct kmip_sealed sealed;
    enum kmip_probe_step step; /* what is being done */
    bool try_another;          /* what failed is this mode's fault */
};

static void
trial_done(struct trial *trial)
{
    secret_free(&trial->kek);
}

static enum sealift_status
mode_fails(struct trial *trial, const char *why, struct sealift_error *err)
{
    trial->try_another = true;
    return error_set(err, SEALIFT_KEY, "%s", why);
}

static enum sealift_status
wrap(struct trial *trial, struct sealift_error *err)
{
    trial->step = KMIP_PROBE_WRAP;
    return kmip_wrap(&trial->key, trial->mode, trial->kek, &trial->sealed, &trial->server, &trial->try_another, err);
}

static enum sealift_status
unwrap(struct trial *trial, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *again = NULL;
    enum kmip_verdict verdict;
    enum sealift_status status;

    trial->step = KMIP_PROBE_UNWRAP;
    status = kmip_decrypt(&trial->key, &trial->sealed, &again, &verdict, err);
    if (status == SEALIFT_KEY || status == SEALIFT_INVALID)
        trial->try_another = verdict != KMIP_SILENT;
    TRY(status);
    if (!secret_equal(trial->kek, again))
        return mode_fails(trial, "what it encrypted came back as something else", err);
    return SEALIFT_OK;
}

/* --- Damage --- */

/* Where a bit is flipped. The tag is flipped in its last byte: a server that shortens it does not look there. */
static uint8_t *
place_of_damage(struct kmip_sealed *sealed, size_t number, const char **ret_name)
{
    static const char *const names[] = {"ciphertext", "IV", "tag"};
    uint8_t *places[] = {sealed->data, sealed->iv,
                         sealed->has_tag ? &sealed->tag[sizeof(sealed->tag) - 1] : &sealed->data[sealed->data_len - 1]};

    *ret_name = names[number];
    return places[number];
}

static enum sealift_status
try_damaged(struct trial *trial, size_t number, struct sealift_error *err)
{
    struct kmip_key key = trial->key;
    SCOPED(secret_free) struct secret *again = NULL;
    struct kmip_sealed damaged = trial->sealed;
    enum kmip_verdict verdict;
    enum sealift_status status;
    const char *name;
    char why[96];

    /* Some take damage for trouble of their own, for which the client would go on to the next. */
    key.server = trial->server;
    *place_of_damage(&damaged, number, &name) ^= 1;
    status = kmip_decrypt(&key, &damaged, &again, &verdict, err);
    if (verdict == KMIP_SILENT)
        return status;
    if (trial->mode->cipher == KMIP_AES_CBC) {
        if (status != SEALIFT_OK || !secret_equal(trial->kek, again))
            return SEALIFT_OK;
        return mode_fails(trial, "what comes back does not depend on the ciphertext", err);
    }
    if (verdict == KMIP_REFUSED)
        return SEALIFT_OK;
    snprintf(why, sizeof(why), "it opens what has a damaged %s, so it does not authenticate", name);
    return mode_fails(trial, why, err);
}

static enum sealift_status
damage(struct trial *trial, struct sealift_error *err)
{
    size_t count = trial->mode->cipher == KMIP_AES_GCM ? 3 : 1;

    trial->step = KMIP_PROBE_DAMAGE;
    for (size_t i = 0; i < count; i++)
        TRY(try_damaged(trial, i, err));
    trial->step = KMIP_PROBE_DONE;
    return SEALIFT_OK;
}

/* --- All together --- */

static enum sealift_status
try_mode(struct trial *trial, struct sealift_error *err)
{
    TRY(secret_random(trial->key.world, KEY_SIZE, &trial->kek, err));
    TRY(wrap(trial, err));
    TRY(unwrap(trial, err));
    return damage(trial, err);
}

/* An error's message: it is cut between characters, whatever the servers' words in it. */
static enum sealift_status
pass_over(struct sealift_error *passed_over, const struct kmip_mode *mode, const struct sealift_error *err)
{
    if (passed_over->message[0] == '\0')
        return error_set(passed_over, SEALIFT_KEY, "%s: %.400s", kmip_mode_words(mode), err->message);
    return error_hint(passed_over, "%s: %.400s", kmip_mode_words(mode), err->message);
}

/* False: there is something that no other mode cures, or this one does. */
static bool
goes_on(const struct kmip_key *key, const struct kmip_mode *mode, struct kmip_probe *probe,
        enum sealift_status *ret_status, struct sealift_error *err)
{
    SCOPED(trial_done) struct trial trial = {.key = *key, .mode = mode};

    *ret_status = try_mode(&trial, err);
    if (trial.step > probe->step)
        probe->step = trial.step;
    if (*ret_status == SEALIFT_OK)
        probe->mode = *mode;
    if (*ret_status == SEALIFT_OK || !trial.try_another)
        return false;
    *ret_status = pass_over(&probe->passed_over, mode, err);
    return true;
}

enum sealift_status
kmip_probe(const struct kmip_key *key, const struct kmip_mode *first, struct kmip_probe *ret_probe,
           struct sealift_error *err)
{
    enum sealift_status status;

    *ret_probe = (struct kmip_probe){0};
    if (kmip_mode_is_known(first) && !goes_on(key, first, ret_probe, &status, err))
        return status;
    for (size_t i = 0; i < KMIP_MODE_COUNT; i++) {
        if (!kmip_mode_equal(&kmip_modes[i], first) && !goes_on(key, &kmip_modes[i], ret_probe, &status, err))
            return status;
    }
    *err = ret_probe->passed_over;
    return error_prefix(err, "KMIP key %s: the server has no mode in which a key comes back whole", key->uid);
}
