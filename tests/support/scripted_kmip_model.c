#include "scripted_kmip_model.h"

#include "scripted_kmip_cipher.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { STRUCTURE = 1, INTEGER, LONG_INTEGER, BIG_INTEGER, ENUMERATION, BOOLEAN, TEXT, BYTES, DATE_TIME };

enum { FAILED = 1 };

enum {
    NOT_FOUND = 0x01,
    RESPONSE_TOO_LARGE = 0x02,
    NOT_AUTHENTICATED = 0x03,
    INVALID_MESSAGE = 0x04,
    NOT_SUPPORTED = 0x05,
    INVALID_FIELD = 0x07,
    DENIED = 0x0c,
    UNSUPPORTED_VERSION = 0x3f,
};

enum { GET_ATTRIBUTES = 0x0b, QUERY = 0x18, DISCOVER = 0x1e, ENCRYPT = 0x1f, DECRYPT = 0x20 };

static const uint16_t all_versions[] = {0x0201, 0x0200, 0x0104, 0x0103, 0x0102};

/* A request as it is read, and what its answer is made of. */
struct exchange {
    const struct scripted_kmip_model *model;
    struct scripted_seen *seen;
    struct scripted_item batch_id; /* tag 0: none */
    int64_t largest;               /* 0: as large as it likes */
    uint32_t reason;               /* 0: Success so far */
    const char *message;
    struct scripted_ttlv payload;
};

static void
fail(struct exchange *exchange, uint32_t reason, const char *message)
{
    if (exchange->reason == 0) {
        exchange->reason = reason;
        exchange->message = message;
    }
}

static bool
has_version(const struct scripted_kmip_model *model, uint16_t version)
{
    const uint16_t *versions = model->versions[0] != 0 ? model->versions : all_versions;
    size_t count = model->versions[0] != 0 ? SCRIPTED_KMIP_VERSIONS : COUNT(all_versions);

    for (size_t i = 0; i < count; i++)
        if (version != 0 && versions[i] == version)
            return true;
    return false;
}

static uint16_t
first_version(const struct scripted_kmip_model *model)
{
    return model->versions[0] != 0 ? model->versions[0] : all_versions[0];
}

static const struct scripted_key *
find_key(const struct scripted_kmip_model *model, const struct scripted_item *uid)
{
    static const struct scripted_key usual = {.uid = "1"};
    const struct scripted_key *keys = model->keys[0].uid != NULL ? model->keys : &usual;
    size_t count = model->keys[0].uid != NULL ? SCRIPTED_KMIP_KEYS : 1;

    for (size_t i = 0; i < count && keys[i].uid != NULL; i++)
        if (strlen(keys[i].uid) == uid->len && memcmp(keys[i].uid, uid->value, uid->len) == 0)
            return &keys[i];
    return NULL;
}

/* --- The request --- */

static uint16_t
read_version(struct scripted_cursor *cursor)
{
    struct scripted_item version, major, minor;
    struct scripted_cursor inside;

    if (!scripted_cursor_must(cursor, 0x420069, STRUCTURE, &version))
        return 0;
    inside = scripted_cursor_of(&version, cursor->complaint);
    if (!scripted_cursor_must(&inside, 0x42006a, INTEGER, &major) ||
        !scripted_cursor_must(&inside, 0x42006b, INTEGER, &minor) || !scripted_cursor_ends(&inside))
        return 0;
    return (uint16_t)(scripted_ttlv_value(&major) << 8 | (scripted_ttlv_value(&minor) & 0xff));
}

static bool
is_text(const struct scripted_item *item, const char *text)
{
    return item->tag != 0 && item->len == strlen(text) && memcmp(item->value, text, item->len) == 0;
}

static void
read_authentication(struct exchange *exchange, struct scripted_cursor *header)
{
    const struct scripted_kmip_model *model = exchange->model;
    struct scripted_item authentication, credential, type, value, username = {0}, password = {0};
    struct scripted_cursor inside;

    if (scripted_cursor_may(header, 0x42000c, STRUCTURE, &authentication)) {
        inside = scripted_cursor_of(&authentication, header->complaint);
        if (!scripted_cursor_must(&inside, 0x420023, STRUCTURE, &credential) || !scripted_cursor_ends(&inside))
            return;
        inside = scripted_cursor_of(&credential, header->complaint);
        if (!scripted_cursor_must(&inside, 0x420024, ENUMERATION, &type) ||
            !scripted_cursor_must(&inside, 0x420025, STRUCTURE, &value) || !scripted_cursor_ends(&inside))
            return;
        if (scripted_ttlv_value(&type) != 1)
            scripted_complain(header->complaint, "a credential that is no username and password");
        inside = scripted_cursor_of(&value, header->complaint);
        scripted_cursor_must(&inside, 0x420099, TEXT, &username);
        scripted_cursor_may(&inside, 0x4200a1, TEXT, &password);
        scripted_cursor_ends(&inside);
    }
    if ((model->username != NULL && !is_text(&username, model->username)) ||
        (model->password != NULL && !is_text(&password, model->password)))
        fail(exchange, NOT_AUTHENTICATED, "An error occurred during client authentication.");
}

static void
read_header(struct exchange *exchange, struct scripted_cursor *message)
{
    struct scripted_item header, item;
    struct scripted_cursor cursor;

    if (!scripted_cursor_must(message, 0x420077, STRUCTURE, &header))
        return;
    cursor = scripted_cursor_of(&header, message->complaint);
    exchange->seen->version = read_version(&cursor);
    if (scripted_cursor_may(&cursor, 0x420050, INTEGER, &item))
        exchange->largest = scripted_ttlv_value(&item);
    scripted_cursor_may(&cursor, 0x420007, BOOLEAN, &item); /* Asynchronous Indicator */
    read_authentication(exchange, &cursor);
    scripted_cursor_may(&cursor, 0x42000e, ENUMERATION, &item); /* Batch Error Continuation Option */
    scripted_cursor_may(&cursor, 0x420010, BOOLEAN, &item);     /* Batch Order Option */
    if (scripted_cursor_must(&cursor, 0x42000d, INTEGER, &item) && scripted_ttlv_value(&item) != 1)
        scripted_complain(cursor.complaint, "a batch count that is not 1");
    scripted_cursor_ends(&cursor);
}

static void
read_batch_item(struct exchange *exchange, struct scripted_cursor *message, struct scripted_item *ret_payload)
{
    struct scripted_item batch, operation;
    struct scripted_cursor cursor;

    if (!scripted_cursor_must(message, 0x42000f, STRUCTURE, &batch))
        return;
    cursor = scripted_cursor_of(&batch, message->complaint);
    if (!scripted_cursor_must(&cursor, 0x42005c, ENUMERATION, &operation))
        return;
    exchange->seen->operation = (uint32_t)scripted_ttlv_value(&operation);
    scripted_cursor_may(&cursor, 0x420093, BYTES, &exchange->batch_id);
    scripted_cursor_must(&cursor, 0x420079, STRUCTURE, ret_payload);
    scripted_cursor_ends(&cursor);
    scripted_cursor_ends(message);
}

/* --- The operations --- */

static void
put_version(struct scripted_ttlv *out, uint16_t version)
{
    size_t began = scripted_ttlv_begin(out, 0x420069);

    scripted_ttlv_number(out, 0x42006a, INTEGER, version >> 8);
    scripted_ttlv_number(out, 0x42006b, INTEGER, version & 0xff);
    scripted_ttlv_end(out, began);
}

static void
discover(struct exchange *exchange, struct scripted_cursor *payload)
{
    const struct scripted_kmip_model *model = exchange->model;
    struct scripted_ttlv *out = &exchange->payload;
    const uint16_t *versions = model->versions[0] != 0 ? model->versions : all_versions;
    size_t count = model->versions[0] != 0 ? SCRIPTED_KMIP_VERSIONS : COUNT(all_versions);
    bool asked = payload->at < payload->end;

    while (payload->at < payload->end && payload->complaint[0] == '\0') {
        uint16_t version = read_version(payload);

        if (has_version(model, version))
            put_version(out, version);
    }
    for (size_t i = 0; !asked && i < count && versions[i] != 0; i++)
        put_version(out, versions[i]);
    if (model->discover_reason != 0)
        fail(exchange, model->discover_reason, "Discover Versions is not for you");
}

static void
query(struct exchange *exchange, struct scripted_cursor *payload)
{
    const struct scripted_kmip_model *model = exchange->model;
    struct scripted_ttlv *out = &exchange->payload;
    struct scripted_item function;
    bool operations = false, objects = false, information = false;

    while (scripted_cursor_may(payload, 0x420074, ENUMERATION, &function)) {
        operations |= scripted_ttlv_value(&function) == 1;
        objects |= scripted_ttlv_value(&function) == 2;
        information |= scripted_ttlv_value(&function) == 3;
    }
    scripted_cursor_ends(payload);
    if (operations) {
        static const uint32_t others[] = {0x01, 0x03, 0x08, 0x0a, 0x12, 0x13, 0x14, QUERY, DISCOVER};

        for (size_t i = 0; i < COUNT(others); i++)
            scripted_ttlv_number(out, 0x42005c, ENUMERATION, others[i]);
        if (!model->query_without_get_attributes)
            scripted_ttlv_number(out, 0x42005c, ENUMERATION, GET_ATTRIBUTES);
        if (!model->query_without_encrypt)
            scripted_ttlv_number(out, 0x42005c, ENUMERATION, ENCRYPT);
        if (!model->query_without_decrypt)
            scripted_ttlv_number(out, 0x42005c, ENUMERATION, DECRYPT);
    }
    if (objects)
        scripted_ttlv_number(out, 0x420057, ENUMERATION, 2);
    if (information)
        scripted_ttlv_text(out, 0x42009d, model->vendor != NULL ? model->vendor : "scripted");
    if (model->query_reason != 0)
        fail(exchange, model->query_reason, "Query is not for you");
}

static const struct scripted_key *
read_uid(struct exchange *exchange, struct scripted_cursor *payload)
{
    const struct scripted_key *key;
    struct scripted_item uid;

    if (!scripted_cursor_must(payload, 0x420094, TEXT, &uid))
        return NULL;
    scripted_ttlv_string(&exchange->payload, uid.tag, TEXT, uid.value, uid.len);
    key = find_key(exchange->model, &uid);
    if (key == NULL)
        fail(exchange, NOT_FOUND, "Could not locate object.");
    return key;
}

struct attribute {
    uint32_t tag;
    const char *name;
    uint8_t type;
    int64_t value;
    bool told;
};

static void
put_attribute(struct scripted_ttlv *out, bool by_name, const struct attribute *attribute)
{
    size_t began;

    if (!by_name) {
        scripted_ttlv_number(out, attribute->tag, attribute->type, attribute->value);
        return;
    }
    began = scripted_ttlv_begin(out, 0x420008);
    scripted_ttlv_text(out, 0x42000a, attribute->name);
    scripted_ttlv_number(out, 0x42000b, attribute->type, attribute->value);
    scripted_ttlv_end(out, began);
}

/* Those that are asked for, in the order of asking; all, when none is named. */
static void
put_attributes(struct exchange *exchange, struct scripted_cursor *payload, const struct attribute *all, size_t count)
{
    bool by_name = exchange->seen->version < 0x0200;
    bool asked = payload->at < payload->end;
    struct scripted_item item;

    while (by_name ? scripted_cursor_may(payload, 0x42000a, TEXT, &item)
                   : scripted_cursor_may(payload, 0x42013b, ENUMERATION, &item))
        for (size_t i = 0; i < count; i++)
            if (all[i].told && (by_name ? is_text(&item, all[i].name) : scripted_ttlv_value(&item) == all[i].tag))
                put_attribute(&exchange->payload, by_name, &all[i]);
    scripted_cursor_ends(payload);
    for (size_t i = 0; !asked && i < count; i++)
        if (all[i].told)
            put_attribute(&exchange->payload, by_name, &all[i]);
}

static int64_t
mask_of(const struct scripted_key *key)
{
    return key->has_mask ? key->mask : 0x0c;
}

static int64_t
state_of(const struct scripted_key *key)
{
    return key->state != 0 ? key->state : 2;
}

static void
get_attributes(struct exchange *exchange, struct scripted_cursor *payload)
{
    static const struct scripted_key none;
    const struct scripted_key *key = read_uid(exchange, payload);
    size_t began = 0;

    if (key == NULL)
        key = &none; /* to read the rest */
    const struct attribute all[] = {
        {0x420057, "Object Type", ENUMERATION, key->object_type != 0 ? key->object_type : 2,
         !(key->omits & SCRIPTED_OMITS_TYPE)},
        {0x420028, "Cryptographic Algorithm", ENUMERATION, key->algorithm != 0 ? key->algorithm : 3,
         !(key->omits & SCRIPTED_OMITS_ALGORITHM)},
        {0x42002a, "Cryptographic Length", INTEGER, key->len != 0 ? (int64_t)key->len * 8 : 256,
         !(key->omits & SCRIPTED_OMITS_LENGTH)},
        {0x42002c, "Cryptographic Usage Mask", INTEGER, mask_of(key), !(key->omits & SCRIPTED_OMITS_MASK)},
        {0x42008d, "State", ENUMERATION, state_of(key), !(key->omits & SCRIPTED_OMITS_STATE)},
        {0x420001, "Activation Date", DATE_TIME, key->activation, key->activation != 0},
        {0x420067, "Process Start Date", DATE_TIME, key->process_start, key->process_start != 0},
        {0x420068, "Protect Stop Date", DATE_TIME, key->protect_stop, key->protect_stop != 0},
        {0x42002f, "Deactivation Date", DATE_TIME, key->deactivation, key->deactivation != 0},
    };
    if (exchange->seen->version >= 0x0200)
        began = scripted_ttlv_begin(&exchange->payload, 0x420125);
    put_attributes(exchange, payload, all, COUNT(all));
    if (exchange->seen->version >= 0x0200)
        scripted_ttlv_end(&exchange->payload, began);
    if (exchange->model->get_attributes_reason != 0)
        fail(exchange, exchange->model->get_attributes_reason, "Get Attributes is not for you");
}

static void
check_use(struct exchange *exchange, const struct scripted_key *key, bool encrypting)
{
    const struct scripted_kmip_model *model = exchange->model;
    int64_t state = state_of(key);
    bool lenient = model->uses_inactive && !encrypting && (state == 3 || state == 4);

    if (state != 2 && !lenient)
        fail(exchange, model->state_reason != 0 ? model->state_reason : DENIED,
             "The key must be in the Active state to be used.");
    if ((mask_of(key) & (encrypting ? 4 : 8)) == 0)
        fail(exchange, DENIED, "The key's cryptographic usage mask does not allow this.");
    if ((key->object_type != 0 && key->object_type != 2) || (key->algorithm != 0 && key->algorithm != 3))
        fail(exchange, INVALID_FIELD, "The key is no AES key.");
}

static void
crypt(struct exchange *exchange, struct scripted_cursor *payload)
{
    bool encrypting = exchange->seen->operation == ENCRYPT;
    const struct scripted_key *key = read_uid(exchange, payload);
    struct scripted_crypt request = {.model = exchange->model, .version = exchange->seen->version, .key = key};

    scripted_crypt_read(&request, payload, encrypting);
    if (payload->complaint[0] != '\0' || key == NULL)
        return;
    check_use(exchange, key, encrypting);
    if (exchange->reason == 0 && !scripted_crypt_run(&request, encrypting, &exchange->payload))
        fail(exchange, request.reason, request.message);
}

static void
run_operation(struct exchange *exchange, const struct scripted_item *payload)
{
    struct scripted_cursor cursor = scripted_cursor_of(payload, exchange->seen->complaint);

    switch (exchange->seen->operation) {
    case DISCOVER:
        discover(exchange, &cursor);
        break;
    case QUERY:
        query(exchange, &cursor);
        break;
    case GET_ATTRIBUTES:
        get_attributes(exchange, &cursor);
        break;
    case ENCRYPT:
    case DECRYPT:
        crypt(exchange, &cursor);
        break;
    default:
        fail(exchange, NOT_SUPPORTED, "The operation is not supported by the server.");
        break;
    }
}

/* --- The answer --- */

static void
put_header(const struct exchange *exchange, uint16_t version, struct scripted_ttlv *out)
{
    size_t began = scripted_ttlv_begin(out, 0x42007a);

    put_version(out, version);
    if (!exchange->model->without_time_stamp)
        scripted_ttlv_number(out, 0x420092, DATE_TIME, time(NULL));
    if (exchange->model->server_correlation)
        scripted_ttlv_text(out, 0x420106, "b5a2f0c2-0000-4000-8000-000000000001");
    scripted_ttlv_number(out, 0x42000d, INTEGER, 1);
    scripted_ttlv_end(out, began);
}

/* `about`: whether it names the operation, which a server that could not read the request cannot. */
static void
put_answer(const struct exchange *exchange, uint16_t version, bool about, struct scripted_ttlv *out)
{
    size_t message = scripted_ttlv_begin(out, 0x42007b), item, payload;

    put_header(exchange, version, out);
    item = scripted_ttlv_begin(out, 0x42000f);
    if (about)
        scripted_ttlv_number(out, 0x42005c, ENUMERATION, exchange->seen->operation);
    if (about && exchange->batch_id.tag != 0)
        scripted_ttlv_string(out, 0x420093, BYTES, exchange->batch_id.value, exchange->batch_id.len);
    scripted_ttlv_number(out, 0x42007f, ENUMERATION, exchange->reason != 0 ? FAILED : 0);
    if (exchange->reason != 0) {
        scripted_ttlv_number(out, 0x42007e, ENUMERATION, exchange->reason);
        scripted_ttlv_text(out, 0x42007d, exchange->message);
    } else {
        payload = scripted_ttlv_begin(out, 0x42007c);
        scripted_ttlv_raw(out, exchange->payload.data, exchange->payload.len);
        scripted_ttlv_end(out, payload);
    }
    scripted_ttlv_end(out, item);
    scripted_ttlv_end(out, message);
}

static void
refuse_version(struct exchange *exchange, struct scripted_ttlv *out)
{
    const struct scripted_kmip_model *model = exchange->model;

    exchange->reason = 0;
    switch (model->refusal) {
    case SCRIPTED_REFUSES_LIKE_PYKMIP:
        fail(exchange, INVALID_MESSAGE, "Error parsing request message. See server logs for more information.");
        put_answer(exchange, 0x0100, false, out);
        break;
    case SCRIPTED_REFUSES_ECHOING:
        fail(exchange, INVALID_MESSAGE, "The protocol version is not supported.");
        put_answer(exchange, exchange->seen->version, true, out);
        break;
    case SCRIPTED_REFUSES_BY_NAME:
        fail(exchange, UNSUPPORTED_VERSION, "Unsupported protocol version.");
        put_answer(exchange, first_version(model), false, out);
        break;
    case SCRIPTED_REFUSES_CLOSING:
        break;
    }
}

void
scripted_kmip_answer(const struct scripted_kmip_model *model, const uint8_t *request, size_t len,
                     struct scripted_ttlv *answer, struct scripted_seen *ret_seen)
{
    struct exchange exchange = {.model = model, .seen = ret_seen};
    struct scripted_item message = {0}, payload = {0};
    const char *wrong = scripted_ttlv_check(request, len);
    struct scripted_cursor cursor;
    size_t before = answer->len;

    *ret_seen = (struct scripted_seen){0};
    if (wrong != NULL)
        scripted_complain(ret_seen->complaint, "%s", wrong);
    else
        scripted_ttlv_next(&request, request + len, &message);
    cursor = scripted_cursor_of(&message, ret_seen->complaint);
    if (message.tag != 0x420078)
        scripted_complain(ret_seen->complaint, "no request message");
    read_header(&exchange, &cursor);
    read_batch_item(&exchange, &cursor, &payload);
    if (ret_seen->version != 0 && !has_version(model, ret_seen->version)) {
        refuse_version(&exchange, answer);
        return;
    }
    if (ret_seen->complaint[0] == '\0' && exchange.reason == 0)
        run_operation(&exchange, &payload);
    if (ret_seen->complaint[0] != '\0') {
        exchange.reason = INVALID_MESSAGE;
        exchange.message = ret_seen->complaint;
        put_answer(&exchange, 0x0100, false, answer);
    } else {
        put_answer(&exchange, ret_seen->version, true, answer);
    }
    if (exchange.largest > 0 && answer->len - before > (size_t)exchange.largest) {
        answer->len = before;
        exchange.reason = RESPONSE_TOO_LARGE;
        exchange.message = "The response is too large.";
        put_answer(&exchange, ret_seen->version, true, answer);
    }
    scripted_ttlv_done(&exchange.payload);
}
