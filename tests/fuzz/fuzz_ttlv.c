/* A message of TTLV, as hostile as it may be. What is well-formed is walked over to its last item, and written again:
 * the same bytes must come of it. */
#include "scoped.h"
#include "ttlv.h"

#include <stdlib.h>
#include <string.h>

static void
insist(bool truth)
{
    if (!truth)
        abort();
}

/* Whether our writer can write it: no type of a later KMIP, and no number without a byte. */
static bool
is_writable(const struct ttlv_item *item)
{
    struct bytes rest = item->value;
    struct ttlv_item inner;

    if (item->type < TTLV_STRUCTURE || item->type > TTLV_DATE_TIME_EXTENDED)
        return false;
    if (item->type == TTLV_BIG_INTEGER)
        return item->value.len > 0;
    if (item->type == TTLV_TEXT_STRING)
        return memchr(item->value.data, '\0', item->value.len) == NULL;
    while (item->type == TTLV_STRUCTURE && ttlv_next(&rest, &inner))
        if (!is_writable(&inner))
            return false;
    return true;
}

static void
copy_text(struct ttlv_writer *writer, const struct ttlv_item *item)
{
    size_t size = item->value.len + 1;
    SCOPED(free_done) char *text = malloc(size);

    insist(text != NULL);
    ttlv_text(item, text, size);
    insist(strlen(text) == item->value.len);
    if (memcmp(text, item->value.data, item->value.len) == 0)
        ttlv_put_text(writer, item->tag, text);
    else /* it is not UTF-8, and our writer would refuse it */
        writer->status = SEALIFT_INVALID;
}

static void
copy_item(struct ttlv_writer *writer, const struct ttlv_item *item)
{
    struct bytes rest = item->value;
    struct ttlv_item inner;

    switch ((enum ttlv_type)item->type) {
    case TTLV_STRUCTURE:
        ttlv_begin(writer, item->tag);
        while (ttlv_next(&rest, &inner))
            copy_item(writer, &inner);
        insist(rest.len == 0);
        ttlv_end(writer);
        break;
    case TTLV_INTEGER:
        ttlv_put_integer(writer, item->tag, ttlv_integer(item));
        break;
    case TTLV_LONG_INTEGER:
        ttlv_put_long_integer(writer, item->tag, ttlv_long_integer(item));
        break;
    case TTLV_BIG_INTEGER:
        ttlv_put_big_integer(writer, item->tag, item->value);
        break;
    case TTLV_ENUMERATION:
        ttlv_put_enumeration(writer, item->tag, ttlv_enumeration(item));
        break;
    case TTLV_BOOLEAN:
        ttlv_put_boolean(writer, item->tag, ttlv_boolean(item));
        break;
    case TTLV_TEXT_STRING:
        copy_text(writer, item);
        break;
    case TTLV_BYTE_STRING:
        ttlv_put_bytes(writer, item->tag, item->value);
        break;
    case TTLV_DATE_TIME:
        ttlv_put_date_time(writer, item->tag, ttlv_date_time(item));
        break;
    case TTLV_INTERVAL:
        ttlv_put_interval(writer, item->tag, ttlv_interval(item));
        break;
    case TTLV_DATE_TIME_EXTENDED:
        ttlv_put_date_time_extended(writer, item->tag, ttlv_date_time(item));
        break;
    }
}

static void
write_again(const struct ttlv_item *item, struct bytes message)
{
    SCOPED(buf_done) struct buf out = {0};
    struct ttlv_writer writer;
    struct sealift_error err;

    ttlv_writer_init(&writer, &out);
    copy_item(&writer, item);
    if (writer.status == SEALIFT_INVALID)
        return;
    insist(ttlv_writer_finish(&writer, &err) == SEALIFT_OK);
    insist(bytes_equal(buf_bytes(&out), message));
}

/* Finding agrees with walking: what is there once and of its type is found, what is there twice is refused. */
static void
look_up(const struct ttlv_item *structure)
{
    struct bytes rest = structure->value;
    struct ttlv_item item, found;
    struct sealift_error err;

    while (ttlv_next(&rest, &item)) {
        char text[8];

        insist(item.value.data >= structure->value.data &&
               item.value.data + item.value.len <= structure->value.data + structure->value.len);
        if (item.type == TTLV_STRUCTURE)
            look_up(&item);
        if (item.type == TTLV_TEXT_STRING) {
            ttlv_text(&item, text, sizeof(text));
            insist(strlen(text) < sizeof(text));
        }
        if (item.tag != 0 && ttlv_find(structure, item.tag, (enum ttlv_type)item.type, &found, &err) == SEALIFT_OK)
            insist(found.tag == item.tag && found.value.data == item.value.data);
    }
    insist(rest.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes message = {data, size};
    struct ttlv_item item;
    struct sealift_error err;

    if (ttlv_parse(message, &item, &err) != SEALIFT_OK) {
        insist(err.status == SEALIFT_CORRUPT && err.message[0] != '\0');
        return 0;
    }
    insist(ttlv_length_of(data) == size && ttlv_tag_of(data) == item.tag && ttlv_type_of(data) == item.type);
    if (item.type == TTLV_STRUCTURE)
        look_up(&item);
    if (is_writable(&item))
        write_again(&item, message);
    return 0;
}
