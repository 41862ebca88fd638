#include "scripted_kmip_fault.h"

#include <stdlib.h>
#include <string.h>

enum { STRUCTURE = 1, INTEGER, ENUMERATION = 5, TEXT = 7 };

static void
write_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t
read_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void
replace(struct scripted_ttlv *answer, struct scripted_ttlv *by)
{
    scripted_ttlv_done(answer);
    *answer = *by;
}

/* --- Bytes in their place --- */

static bool
find_tag(const uint8_t *at, const uint8_t *end, uint32_t tag, struct scripted_item *ret_item)
{
    struct scripted_item item;

    while (scripted_ttlv_next(&at, end, &item)) {
        if (item.tag == tag) {
            *ret_item = item;
            return true;
        }
        if (item.type == STRUCTURE && find_tag(item.value, item.value + item.len, tag, ret_item))
            return true;
    }
    return false;
}

/* The header of item `at`; NULL: there are not so many. */
static uint8_t *
header_at(struct scripted_ttlv *answer, size_t at)
{
    if (at >= scripted_ttlv_count(answer->data, answer->len))
        return NULL;
    return answer->data + scripted_ttlv_offset(answer->data, answer->len, at);
}

static bool
set_length(const struct scripted_fault *fault, struct scripted_ttlv *answer)
{
    uint8_t *header = header_at(answer, fault->at);

    if (header == NULL)
        return false;
    write_u32(header + 4, fault->kind == SCRIPTED_LENGTH_IS ? (uint32_t)fault->number
                                                            : read_u32(header + 4) + (uint32_t)fault->number);
    return true;
}

static bool
set_type(const struct scripted_fault *fault, struct scripted_ttlv *answer)
{
    uint8_t *header = header_at(answer, fault->at);

    if (header == NULL || header[3] == (uint8_t)fault->number)
        return false;
    header[3] = (uint8_t)fault->number;
    return true;
}

static bool
set_value(const struct scripted_fault *fault, struct scripted_ttlv *answer)
{
    struct scripted_item item;
    uint8_t *value;

    if (!find_tag(answer->data, answer->data + answer->len, fault->tag, &item) || item.len == 0)
        return false;
    value = answer->data + (item.value - answer->data);
    if (fault->kind == SCRIPTED_BYTES) {
        value[0] ^= 0x01;
        return true;
    }
    if (item.len == 8)
        write_u32(value, (uint32_t)((uint64_t)fault->number >> 32));
    write_u32(value + item.len - 4, (uint32_t)fault->number);
    return true;
}

static bool
spoil_padding(struct scripted_ttlv *answer)
{
    size_t count = scripted_ttlv_count(answer->data, answer->len);

    for (size_t i = 0; i < count; i++) {
        uint8_t *header = header_at(answer, i);
        uint32_t len = read_u32(header + 4);

        if (len % 8 != 0) {
            header[8 + len] = 0x01;
            return true;
        }
    }
    return false;
}

/* --- The answer written anew, with more or less in it --- */

struct rewriting {
    const struct scripted_fault *fault;
    struct scripted_ttlv *out;
    size_t number; /* of the next item */
    bool done;
};

/* One of each type, and one of a type that does not exist yet. */
static void
put_unknown(struct scripted_ttlv *out, size_t which)
{
    static const uint8_t types[] = {0x02, 0x03, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c};
    uint8_t type = types[which % sizeof(types)];
    uint32_t tag = 0x540000 + (uint32_t)which % 7; /* the vendors' tags begin there; some come twice */
    size_t began;

    if (which % 11 == 10) {
        began = scripted_ttlv_begin(out, tag);
        scripted_ttlv_text(out, 0x420094, "not the one that you look for");
        scripted_ttlv_number(out, 0x42007f, ENUMERATION, 1);
        scripted_ttlv_end(out, began);
    } else if (type == 0x07 || type == 0x08 || type == 0x0c) {
        scripted_ttlv_string(out, tag, type, "unknown", 7);
    } else {
        scripted_ttlv_number(out, tag, type, 1);
    }
}

static void rewrite_items(struct rewriting *rewriting, const uint8_t *at, const uint8_t *end);

static void
rewrite_item(struct rewriting *rewriting, const struct scripted_item *item)
{
    const struct scripted_fault *fault = rewriting->fault;
    size_t number = rewriting->number++, times = 1;

    if (fault->kind == SCRIPTED_DROP && item->tag == fault->tag)
        times = 0;
    if (fault->kind == SCRIPTED_DUPLICATE && number == fault->at)
        times = 2;
    if (fault->kind == SCRIPTED_TWO_ITEMS && item->tag == 0x42000f)
        times = 2;
    if (fault->kind == SCRIPTED_NO_ITEMS && item->tag == 0x42000f)
        times = 0;
    rewriting->done |= times != 1;
    if (times != 1 || item->type != STRUCTURE) {
        while (times-- > 0)
            scripted_ttlv_raw(rewriting->out, item->at, item->whole);
        if (item->type == STRUCTURE)
            rewriting->number += scripted_ttlv_count(item->value, item->len);
        return;
    }
    times = scripted_ttlv_begin(rewriting->out, item->tag);
    rewrite_items(rewriting, item->value, item->value + item->len);
    scripted_ttlv_end(rewriting->out, times);
}

static void
rewrite_items(struct rewriting *rewriting, const uint8_t *at, const uint8_t *end)
{
    bool adds = rewriting->fault->kind == SCRIPTED_UNKNOWN;
    struct scripted_item item;

    while (scripted_ttlv_next(&at, end, &item)) {
        if (adds)
            put_unknown(rewriting->out, rewriting->number);
        rewrite_item(rewriting, &item);
    }
    if (adds)
        put_unknown(rewriting->out, rewriting->number + 3);
    rewriting->done |= adds;
}

static bool
rewrite(const struct scripted_fault *fault, struct scripted_ttlv *answer)
{
    const uint8_t *at = answer->data;
    struct scripted_ttlv out = {0};
    struct rewriting rewriting = {.fault = fault, .out = &out};
    struct scripted_item message;

    if (!scripted_ttlv_next(&at, answer->data + answer->len, &message))
        return false;
    rewrite_item(&rewriting, &message);
    replace(answer, &out);
    if (fault->kind == SCRIPTED_TWO_ITEMS || fault->kind == SCRIPTED_NO_ITEMS) {
        struct scripted_fault count = {SCRIPTED_VALUE, .tag = 0x42000d,
                                       .number = fault->kind == SCRIPTED_TWO_ITEMS ? 2 : 0};

        set_value(&count, answer);
    }
    return rewriting.done;
}

static void
copy_tag(const struct scripted_ttlv *answer, uint32_t tag, struct scripted_ttlv *out)
{
    struct scripted_item item;

    if (find_tag(answer->data, answer->data + answer->len, tag, &item))
        scripted_ttlv_raw(out, item.at, item.whole);
}

static bool
fail_instead(const struct scripted_fault *fault, const char *text, size_t len, struct scripted_ttlv *answer)
{
    struct scripted_ttlv out = {0};
    size_t message = scripted_ttlv_begin(&out, 0x42007b), item;

    copy_tag(answer, 0x42007a, &out);
    item = scripted_ttlv_begin(&out, 0x42000f);
    copy_tag(answer, 0x42005c, &out);
    copy_tag(answer, 0x420093, &out);
    scripted_ttlv_number(&out, 0x42007f, ENUMERATION,
                         fault->kind == SCRIPTED_FAIL && fault->number != 0 ? fault->number : 1);
    if (fault->reason != 0)
        scripted_ttlv_number(&out, 0x42007e, ENUMERATION, fault->reason);
    if (text != NULL)
        scripted_ttlv_string(&out, 0x42007d, TEXT, text, len);
    scripted_ttlv_end(&out, item);
    scripted_ttlv_end(&out, message);
    replace(answer, &out);
    return true;
}

static bool
fail_at_length(const struct scripted_fault *fault, struct scripted_ttlv *answer)
{
    size_t len = (size_t)fault->number;
    char *text = malloc(len);

    if (text == NULL)
        abort();
    memset(text, 'x', len);
    fail_instead(fault, text, len, answer);
    free(text);
    return true;
}

bool
scripted_fault_change(const struct scripted_fault *fault, struct scripted_ttlv *answer)
{
    size_t len = fault->text_len != 0 || fault->text == NULL ? fault->text_len : strlen(fault->text);

    switch (fault->kind) {
    case SCRIPTED_FAIL:
        return fail_instead(fault, fault->text, len, answer);
    case SCRIPTED_LONG:
        return fail_at_length(fault, answer);
    case SCRIPTED_LENGTH:
    case SCRIPTED_LENGTH_IS:
        return set_length(fault, answer);
    case SCRIPTED_TYPE_IS:
        return set_type(fault, answer);
    case SCRIPTED_VALUE:
    case SCRIPTED_BYTES:
        return set_value(fault, answer);
    case SCRIPTED_PADDING:
        return spoil_padding(answer);
    case SCRIPTED_DROP:
    case SCRIPTED_DUPLICATE:
    case SCRIPTED_TWO_ITEMS:
    case SCRIPTED_NO_ITEMS:
    case SCRIPTED_UNKNOWN:
        return rewrite(fault, answer);
    case SCRIPTED_INSTEAD:
    case SCRIPTED_BEHIND:
        answer->len = fault->kind == SCRIPTED_INSTEAD ? 0 : answer->len;
        scripted_ttlv_raw(answer, fault->text, len);
        return true;
    default:
        return false;
    }
}
