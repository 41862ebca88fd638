#include "kmip_key.h"

#include "error.h"
#include "scoped.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WANTED       "use an AES key of 256 bits that is active and may encrypt and decrypt"

/* --- Asking --- */

static enum sealift_status
call_one(const struct kmip_key *key, const struct kmip_call *call, struct kmip_reply *ret_reply,
         struct sealift_error *err)
{
    for (size_t i = 0; i < kmip_client_server_count(key->client); i++) {
        if (strcmp(kmip_client_server_name(key->client, i), key->server) == 0)
            return kmip_client_call_server(key->client, i, call, ret_reply, err);
    }
    return error_set(err, SEALIFT_INTERNAL, "KMIP: %s is none of the servers", key->server);
}

enum sealift_status
kmip_key_call(const struct kmip_key *key, const struct kmip_call *call, struct kmip_reply *ret_reply,
              struct sealift_error *err)
{
    struct kmip_call about = *call;

    about.uid = key->uid;
    about.once = key->once;
    about.until_ns = key->until_ns;
    about.errand = key->errand;
    if (key->server != NULL)
        return call_one(key, &about, ret_reply, err);
    return kmip_client_call(key->client, &about, ret_reply, err);
}

static void
write_get_attributes(struct ttlv_writer *writer, enum kmip_version version, const void *context)
{
    const struct kmip_key *key = context;

    kmip_get_attributes_write(writer, version, key->uid);
}

enum sealift_status
kmip_key_read(const struct kmip_key *key, struct kmip_attributes *ret_attributes, struct sealift_error *err)
{
    SCOPED(kmip_reply_done) struct kmip_reply reply = {0};
    struct kmip_call call = {
        .operation = KMIP_GET_ATTRIBUTES, .uid = key->uid, .write = write_get_attributes, .context = key};

    TRY(kmip_key_call(key, &call, &reply, err));
    TRY(kmip_reply_check(&reply, &call, err));
    if (kmip_get_attributes_read(&reply.answer, ret_attributes, err) != SEALIFT_OK)
        return error_prefix(err, "KMIP %s: read the attributes of key %s", reply.server, key->uid);
    return SEALIFT_OK;
}

/* --- Names (KMIP 2.1, section 11) --- */

static const char *
name_of(const char *const *names, size_t count, uint32_t value)
{
    return value < count && names[value] != NULL ? names[value] : "something of another kind";
}

static const char *
object_type_name(uint32_t type)
{
    static const char *const names[] = {
        [1] = "a certificate", [2] = "a symmetric key", [3] = "a public key",  [4] = "a private key",
        [5] = "a split key",   [6] = "a template",      [7] = "a secret text", [8] = "an opaque object"};

    return name_of(names, COUNT(names), type);
}

static const char *
algorithm_name(uint32_t algorithm)
{
    static const char *const names[] = {
        [1] = "DES",   [2] = "3DES",      [3] = "AES",         [4] = "RSA",        [5] = "DSA",
        [6] = "ECDSA", [7] = "HMAC-SHA1", [8] = "HMAC-SHA224", [9] = "HMAC-SHA256"};

    return name_of(names, COUNT(names), algorithm);
}

/* What a state means for us, and what follows. */
static const struct state {
    const char *name;
    const char *sentence;
} states[] = {
    [KMIP_STATE_PRE_ACTIVE] = {"not active yet", "it is not active yet (Pre-Active): have it activated on the server"},
    [KMIP_STATE_ACTIVE] = {"active", NULL},
    [KMIP_STATE_DEACTIVATED] = {"deactivated", "it is deactivated and wraps nothing any more; " WANTED},
    [KMIP_STATE_COMPROMISED] = {"compromised", "it is marked as compromised and wraps nothing any more; " WANTED},
    [KMIP_STATE_DESTROYED] = {"destroyed", "it is destroyed, and with it all that it ever wrapped; " WANTED},
    [KMIP_STATE_DESTROYED_COMPROMISED] = {"destroyed", "it was compromised and is destroyed, and with it all that it "
                                                       "ever wrapped; " WANTED},
};

static const struct state *
state_of(uint32_t state)
{
    static const struct state unknown = {"in a state of its own", "it is in a state that KMIP does not have; " WANTED};

    return state < COUNT(states) && states[state].name != NULL ? &states[state] : &unknown;
}

/* Dates come from the server and may be any number. */
static void
format_date(int64_t seconds, char out[32])
{
    int64_t furthest = INT64_MAX / NS_PER_S;

    time_format((seconds > furthest ? furthest : seconds < -furthest ? -furthest : seconds) * NS_PER_S, out);
}

static int64_t
now_s(const struct world *world)
{
    return world->clock->wall_ns(world->clock) / NS_PER_S;
}

void
kmip_key_describe(const struct kmip_attributes *attributes, char out[128])
{
    char length[32] = "";

    if (attributes->length > 0)
        snprintf(length, sizeof(length), ", %d bits", (int)attributes->length);
    snprintf(out, 128, "%s%s, %s",
             attributes->algorithm != 0 ? algorithm_name(attributes->algorithm) : "of an algorithm that is not said",
             length, attributes->state != 0 ? state_of(attributes->state)->name : "in a state that is not said");
}

/* --- Judging --- */

static enum sealift_status
check_kind(const struct kmip_attributes *attributes, const char *uid, struct sealift_error *err)
{
    if (attributes->object_type != 0 && attributes->object_type != KMIP_OBJECT_SYMMETRIC_KEY)
        return error_set(err, SEALIFT_KEY, "KMIP key %s: it is %s (object type %u), and cannot wrap; " WANTED, uid,
                         object_type_name(attributes->object_type), attributes->object_type);
    if (attributes->algorithm != 0 && attributes->algorithm != KMIP_ALGORITHM_AES)
        return error_set(err, SEALIFT_KEY, "KMIP key %s: it is for %s (algorithm %u), not for AES; " WANTED, uid,
                         algorithm_name(attributes->algorithm), attributes->algorithm);
    return SEALIFT_OK;
}

static enum sealift_status
check_usage(const struct kmip_attributes *attributes, const char *uid, struct sealift_error *err)
{
    bool for_all = (attributes->usage_mask & KMIP_USAGE_UNRESTRICTED) != 0; /* KMIP 2.0 */
    bool encrypts = for_all || (attributes->usage_mask & KMIP_USAGE_ENCRYPT) != 0;
    bool decrypts = for_all || (attributes->usage_mask & KMIP_USAGE_DECRYPT) != 0;

    if (!attributes->has_usage_mask || (encrypts && decrypts))
        return SEALIFT_OK;
    return error_set(err, SEALIFT_KEY,
                     "KMIP key %s: its Cryptographic Usage Mask lacks %s; have a key made that has both Encrypt and "
                     "Decrypt (a server may also let the mask be changed)",
                     uid,
                     encrypts   ? "Decrypt"
                     : decrypts ? "Encrypt"
                                : "Encrypt and Decrypt");
}

static enum sealift_status
check_dates(const struct world *world, const struct kmip_attributes *attributes, const char *uid,
            struct sealift_error *err)
{
    int64_t now = now_s(world);
    char date[32];

    if (attributes->process_start != 0 && attributes->process_start > now) {
        format_date(attributes->process_start, date);
        return error_set(err, SEALIFT_KEY,
                         "KMIP key %s: it may be used from %s on (Process Start Date); wait, or have the date changed",
                         uid, date);
    }
    if (attributes->protect_stop != 0 && attributes->protect_stop <= now) {
        format_date(attributes->protect_stop, date);
        return error_set(err, SEALIFT_KEY,
                         "KMIP key %s: since %s it may encrypt nothing (Protect Stop Date); have the date changed, or "
                         "use another key",
                         uid, date);
    }
    return SEALIFT_OK;
}

enum sealift_status
kmip_key_check(const struct world *world, const struct kmip_attributes *attributes, const char *uid,
               struct sealift_error *err)
{
    const char *sentence = attributes->state != 0 ? state_of(attributes->state)->sentence : NULL;

    TRY(check_kind(attributes, uid, err));
    if (sentence != NULL)
        return error_set(err, SEALIFT_KEY, "KMIP key %s: %s", uid, sentence);
    TRY(check_usage(attributes, uid, err));
    return check_dates(world, attributes, uid, err);
}

/* --- Warnings --- */

static const char *
warn_of_length(const struct world *world, const struct kmip_attributes *attributes, char out[256])
{
    (void)world;
    if (attributes->length <= 0 || attributes->length >= 256)
        return NULL;
    snprintf(out, 256, "the key has %d bits only; 256 are what we advise", (int)attributes->length);
    return out;
}

static const char *
warn_of_end(const struct world *world, const struct kmip_attributes *attributes, char out[256])
{
    char date[32];

    if (attributes->deactivation == 0)
        return NULL;
    format_date(attributes->deactivation, date);
    if (attributes->deactivation <= now_s(world))
        snprintf(out, 256, "its Deactivation Date, %s, has passed, although the server does not call it deactivated",
                 date);
    else
        snprintf(out, 256,
                 "the key will be deactivated on %s: it wraps nothing from then on, and whether it unwraps is up to "
                 "the server; have the date removed, or move to another key before",
                 date);
    return out;
}

static const char *
warn_of_protect_stop(const struct world *world, const struct kmip_attributes *attributes, char out[256])
{
    char date[32];

    (void)world;
    if (attributes->protect_stop == 0)
        return NULL;
    format_date(attributes->protect_stop, date);
    snprintf(out, 256,
             "the key wraps nothing from %s on (Protect Stop Date): have the date removed, or move to another key "
             "before",
             date);
    return out;
}

static const char *
warn_of_silence(const struct world *world, const struct kmip_attributes *attributes, char out[256])
{
    bool says_state = attributes->state != 0, says_mask = attributes->has_usage_mask;

    (void)world;
    if (says_state && says_mask)
        return NULL;
    snprintf(out, 256, "the server does not say %s%s%s: wrapping and unwrapping will tell whether it may be used",
             says_state ? "" : "in which state it is", !says_state && !says_mask ? ", nor " : "",
             says_mask ? "" : "what it may be used for");
    return out;
}

const char *
kmip_key_warning(const struct world *world, const struct kmip_attributes *attributes, size_t index, char out[256])
{
    static const char *(*const warnings[])(const struct world *, const struct kmip_attributes *, char[256]) = {
        warn_of_length, warn_of_end, warn_of_protect_stop, warn_of_silence};

    for (size_t i = 0; i < COUNT(warnings); i++) {
        if (warnings[i](world, attributes, out) != NULL && index-- == 0)
            return out;
    }
    return NULL;
}
