/* json_parse() on anything; what it accepts, the writer must write so that it reads back as the same. */
#include "json.h"
#include "scoped.h"

#include <stdlib.h>
#include <string.h>

static void
insist(bool truth)
{
    if (!truth)
        abort();
}

static void
write_value(struct json_writer *writer, const char *key, const struct json *json)
{
    switch (json_type(json)) {
    case JSON_NULL:
    case JSON_REAL: /* read, but never written */
        json_put_null(writer, key);
        break;
    case JSON_BOOL:
        json_put_bool(writer, key, json_bool(json, false));
        break;
    case JSON_INTEGER:
        json_put_integer(writer, key, json_integer(json, 0));
        break;
    case JSON_STRING:
        json_put_string(writer, key, json_string(json));
        break;
    case JSON_ARRAY:
        json_open_array(writer, key);
        for (size_t i = 0; i < json_count(json); i++)
            write_value(writer, NULL, json_at(json, i));
        json_close_array(writer);
        break;
    case JSON_OBJECT:
        json_open_object(writer, key);
        for (size_t i = 0; i < json_count(json); i++)
            write_value(writer, json_key_at(json, i), json_at(json, i));
        json_close_object(writer);
        break;
    }
}

static void
write_again(const struct json *json, struct buf *out)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;
    struct sealift_error err;

    insist(json_writer_new(&writer, &err) == SEALIFT_OK);
    write_value(writer, NULL, json);
    insist(json_writer_finish(writer, out, &err) == SEALIFT_OK);
}

static void
look_up_every_key(const struct json *json)
{
    for (size_t i = 0; i < json_count(json); i++) {
        if (json_type(json) == JSON_OBJECT)
            insist(json_get(json, json_key_at(json, i)) == json_at(json, i));
        look_up_every_key(json_at(json, i));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(json_free) struct json *json = NULL, *again = NULL;
    SCOPED(buf_done) struct buf once = {0}, twice = {0};
    struct sealift_error err;

    if (json_parse((struct bytes){data, size}, "fuzz", &json, &err) != SEALIFT_OK)
        return 0;
    look_up_every_key(json);
    write_again(json, &once);
    insist(json_parse(buf_bytes(&once), "again", &again, &err) == SEALIFT_OK);
    write_again(again, &twice);
    insist(bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
    return 0;
}
