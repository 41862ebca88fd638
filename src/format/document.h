/* What our JSON objects have in common: each says what it is and in which version of the format, and holds UUIDs and
 * times. Members that a reader does not know are passed over; a later version is refused. docs/FORMAT.md, "JSON". */
#ifndef DOCUMENT_H
#define DOCUMENT_H

#include "json.h"
#include "uuid.h"

#define FORMAT_VERSION 1

/* Opens the outermost object: {"sealift":"<what>","version":1 ... */
void document_open(struct json_writer *writer, const char *what);
/* CORRUPT when it is something else; INVALID when it was made by a later sealift. */
enum sealift_status document_check(const struct json *json, const char *what, struct sealift_error *err);

void document_put_uuid(struct json_writer *writer, const char *key, const struct uuid *uuid);
enum sealift_status document_need_uuid(const struct json *object, const char *key, struct uuid *ret_uuid,
                                       struct sealift_error *err);
/* A UUID that must be this one, since the object's name says so. */
enum sealift_status document_expect_uuid(const struct json *object, const char *key, const struct uuid *expected,
                                         struct sealift_error *err);

/* RFC 3339 in UTC with nine digits behind the point, and only that form. */
void document_put_time(struct json_writer *writer, const char *key, int64_t wall_ns);
enum sealift_status document_need_time(const struct json *object, const char *key, int64_t *ret_wall_ns,
                                       struct sealift_error *err);

/* Counts and sizes: never negative. */
enum sealift_status document_need_count(const struct json *object, const char *key, uint64_t max, uint64_t *ret_count,
                                        struct sealift_error *err);
enum sealift_status document_need_u32(const struct json *object, const char *key, uint32_t max, uint32_t *ret_number,
                                      struct sealift_error *err);
enum sealift_status document_need_bool(const struct json *object, const char *key, bool *ret,
                                       struct sealift_error *err);

#endif
