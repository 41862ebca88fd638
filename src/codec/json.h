/* JSON (RFC 8259), through yajl: the one door.
 *
 * Reading: a whole value becomes a tree of `struct json`. It is strict: one value, valid UTF-8, no comments, a
 * duplicate key or a depth over 16 is an error, integers must fit an int64. Strings may hold secrets (a KMS's answer),
 * so all memory, yajl's too, is wiped before it is freed.
 *
 * Writing: `struct json_writer` appends to a buffer; what must come out byte for byte (a manifest's body) is written in
 * the order of the calls, without white space. */
#ifndef JSON_H
#define JSON_H

#include "buf.h"

#define JSON_MAX_DEPTH 16

enum json_type { JSON_NULL, JSON_BOOL, JSON_INTEGER, JSON_REAL, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json;

/* `name` says in messages whose text it is ("manifest 7f3a...", "answer of http://..."). Malformed text is CORRUPT. */
enum sealift_status json_parse(struct bytes text, const char *name, struct json **ret_json, struct sealift_error *err);
void json_free(struct json **json);

enum json_type json_type(const struct json *json);

/* Members of an object; NULL when there is none, or when `json` is NULL or no object: so paths can be chained. */
const struct json *json_get(const struct json *object, const char *key);
size_t json_count(const struct json *array); /* elements of an array or members of an object; 0 for anything else */
const struct json *json_at(const struct json *array, size_t index);
const char *json_key_at(const struct json *object, size_t index);

/* Lenient getters, for what a server may leave out: NULL / fallback when absent or of another type. A string is UTF-8
 * without NUL, owned by the tree. */
const char *json_string(const struct json *json);
/* Reads "123" (a string) too: beyond 2^53 we write strings. */
int64_t json_integer(const struct json *json, int64_t fallback);
bool json_bool(const struct json *json, bool fallback);

/* Strict getters, for our own formats: CORRUPT, naming the key, when it is absent or of another type. */
enum sealift_status json_need_string(const struct json *object, const char *key, const char **ret,
                                     struct sealift_error *err);
enum sealift_status json_need_integer(const struct json *object, const char *key, int64_t min, int64_t max,
                                      int64_t *ret, struct sealift_error *err);
enum sealift_status json_need_object(const struct json *object, const char *key, const struct json **ret,
                                     struct sealift_error *err);
enum sealift_status json_need_array(const struct json *object, const char *key, const struct json **ret,
                                    struct sealift_error *err);
/* Exactly `len` bytes in lower-case hexadecimal. */
enum sealift_status json_need_hex(const struct json *object, const char *key, uint8_t *out, size_t len,
                                  struct sealift_error *err);
/* Base64; appends to *out. */
enum sealift_status json_need_base64(const struct json *object, const char *key, struct buf *out,
                                     struct sealift_error *err);

/* The writer. A failure is remembered and reported by json_writer_finish(), so that writing reads like the text it
 * makes. `key` is NULL inside an array and for the outermost value. */
struct json_writer;

enum sealift_status json_writer_new(struct json_writer **ret_writer, struct sealift_error *err);
void json_writer_free(struct json_writer **writer);
void json_open_object(struct json_writer *writer, const char *key);
void json_close_object(struct json_writer *writer);
void json_open_array(struct json_writer *writer, const char *key);
void json_close_array(struct json_writer *writer);
/* `text` must be valid UTF-8, else finish() says so. */
void json_put_string(struct json_writer *writer, const char *key, const char *text);
/* The same, but null for NULL and for the empty text. */
void json_put_text(struct json_writer *writer, const char *key, const char *text);
/* An integer beyond 2^53 either way becomes a string (JavaScript and many parsers would round it). */
void json_put_integer(struct json_writer *writer, const char *key, int64_t value);
void json_put_bool(struct json_writer *writer, const char *key, bool value);
void json_put_null(struct json_writer *writer, const char *key);
/* A value that was read, as it is; not a number with a fraction, which none of our formats has. */
void json_put_copy(struct json_writer *writer, const char *key, const struct json *value);
void json_put_hex(struct json_writer *writer, const char *key, struct bytes data);
void json_put_base64(struct json_writer *writer, const char *key, struct bytes data);
/* Appends the text (no newline) to *out. The writer can then only be freed. */
enum sealift_status json_writer_finish(struct json_writer *writer, struct buf *out, struct sealift_error *err);

#endif
