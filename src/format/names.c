#include "names.h"

#include "text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Making names. */

static void
write_folder(const struct uuid *fs, const char *folder, char out[NAME_SIZE])
{
    char fs_text[UUID_TEXT_SIZE];

    uuid_format(fs, fs_text);
    snprintf(out, NAME_SIZE, NAME_FS "%s/%s/", fs_text, folder);
}

/* "fs/<fs>/<folder>/<object><tail>" */
static void
write_object(const struct uuid *fs, const char *folder, const struct uuid *object, const char *tail,
             char out[NAME_SIZE])
{
    char object_text[UUID_TEXT_SIZE];
    size_t len;

    uuid_format(object, object_text);
    write_folder(fs, folder, out);
    len = strlen(out);
    snprintf(out + len, NAME_SIZE - len, "%s%s", object_text, tail);
}

static void
write_number(const struct uuid *fs, const char *folder, const struct uuid *upload, uint32_t number, char out[NAME_SIZE])
{
    char tail[16];

    assert(number <= NAME_NUMBER_MAX);
    snprintf(tail, sizeof(tail), "/%08" PRIu32, number);
    write_object(fs, folder, upload, tail, out);
}

static const char *
folder_of_kind(enum segment_kind kind)
{
    return kind == SEGMENT_DATA ? "data" : "tree";
}

void
name_of_key_record(const struct uuid *fs, const uint8_t key_check[KEY_CHECK_SIZE], const struct uuid *record,
                   char out[NAME_SIZE])
{
    char record_text[UUID_TEXT_SIZE];
    size_t len;

    uuid_format(record, record_text);
    name_of_key_records_of(fs, key_check, out);
    len = strlen(out);
    snprintf(out + len, NAME_SIZE - len, "%s.json", record_text);
}

void
name_of_key_records(const struct uuid *fs, char out[NAME_SIZE])
{
    write_folder(fs, "keys", out);
}

void
name_of_key_records_of(const struct uuid *fs, const uint8_t key_check[KEY_CHECK_SIZE], char out[NAME_SIZE])
{
    char key_text[2 * KEY_CHECK_SIZE + 1];
    size_t len;

    hex_encode((struct bytes){key_check, KEY_CHECK_SIZE}, key_text);
    name_of_key_records(fs, out);
    len = strlen(out);
    snprintf(out + len, NAME_SIZE - len, "%s-", key_text);
}

void
name_of_manifest(const struct uuid *fs, const struct uuid *upload, char out[NAME_SIZE])
{
    write_object(fs, "snapshots", upload, ".json", out);
}

void
name_of_manifests(const struct uuid *fs, char out[NAME_SIZE])
{
    write_folder(fs, "snapshots", out);
}

void
name_of_log_record(const struct uuid *fs, const struct uuid *upload, uint32_t number, char out[NAME_SIZE])
{
    write_number(fs, "logs", upload, number, out);
}

void
name_of_log(const struct uuid *fs, const struct uuid *upload, char out[NAME_SIZE])
{
    write_object(fs, "logs", upload, "/", out);
}

void
name_of_segment(const struct uuid *fs, const struct uuid *upload, enum segment_kind kind, uint32_t number,
                char out[NAME_SIZE])
{
    write_number(fs, folder_of_kind(kind), upload, number, out);
}

void
name_of_segments(const struct uuid *fs, const struct uuid *upload, enum segment_kind kind, char out[NAME_SIZE])
{
    write_object(fs, folder_of_kind(kind), upload, "/", out);
}

void
name_of_condemned(const struct uuid *fs, char out[NAME_SIZE])
{
    write_folder(fs, "condemned", out);
}

/* Reading them back. Each cut_*() takes its piece off the front of *text, or leaves it alone and says false. */

static bool
cut_literal(const char **text, const char *literal)
{
    size_t len = strlen(literal);

    if (strncmp(*text, literal, len) != 0)
        return false;
    *text += len;
    return true;
}

static bool
cut_uuid(const char **text, struct uuid *ret_uuid)
{
    char copy[UUID_TEXT_SIZE] = {0};

    memcpy(copy, *text, strnlen(*text, sizeof(copy) - 1));
    if (!uuid_parse(copy, ret_uuid))
        return false;
    *text += sizeof(copy) - 1;
    return true;
}

static bool
cut_key_check(const char **text, uint8_t ret_key_check[KEY_CHECK_SIZE])
{
    const size_t len = 2 * (size_t)KEY_CHECK_SIZE;
    char copy[2 * KEY_CHECK_SIZE + 1] = {0};

    memcpy(copy, *text, strnlen(*text, len));
    if (!hex_decode(copy, ret_key_check, KEY_CHECK_SIZE))
        return false;
    *text += len;
    return true;
}

static bool
cut_number(const char **text, uint32_t *ret_number)
{
    uint32_t number = 0;

    for (size_t i = 0; i < 8; i++) {
        char c = (*text)[i];

        if (c < '0' || c > '9')
            return false;
        number = number * 10 + (uint32_t)(c - '0');
    }
    *text += 8;
    *ret_number = number;
    return true;
}

/* "fs/<fs>/<folder>/" */
static bool
cut_folder(const char **text, const char *folder, struct uuid *ret_fs)
{
    return cut_literal(text, NAME_FS) && cut_uuid(text, ret_fs) && cut_literal(text, "/") &&
           cut_literal(text, folder) && cut_literal(text, "/");
}

static bool
parse_numbered(const char *name, const char *folder, struct uuid *ret_fs, struct uuid *ret_upload, uint32_t *ret_number)
{
    struct uuid fs, upload;
    uint32_t number;

    if (!cut_folder(&name, folder, &fs) || !cut_uuid(&name, &upload) || !cut_literal(&name, "/") ||
        !cut_number(&name, &number) || *name != '\0')
        return false;
    *ret_fs = fs;
    *ret_upload = upload;
    *ret_number = number;
    return true;
}

bool
name_parse_key_record(const char *name, struct uuid *ret_fs, uint8_t ret_key_check[KEY_CHECK_SIZE],
                      struct uuid *ret_record)
{
    uint8_t key_check[KEY_CHECK_SIZE];
    struct uuid fs, record;

    if (!cut_folder(&name, "keys", &fs) || !cut_key_check(&name, key_check) || !cut_literal(&name, "-") ||
        !cut_uuid(&name, &record) || strcmp(name, ".json") != 0)
        return false;
    *ret_fs = fs;
    memcpy(ret_key_check, key_check, sizeof(key_check));
    *ret_record = record;
    return true;
}

bool
name_parse_manifest(const char *name, struct uuid *ret_fs, struct uuid *ret_upload)
{
    struct uuid fs, upload;

    if (!cut_folder(&name, "snapshots", &fs) || !cut_uuid(&name, &upload) || strcmp(name, ".json") != 0)
        return false;
    *ret_fs = fs;
    *ret_upload = upload;
    return true;
}

bool
name_parse_log_record(const char *name, struct uuid *ret_fs, struct uuid *ret_upload, uint32_t *ret_number)
{
    return parse_numbered(name, "logs", ret_fs, ret_upload, ret_number);
}

bool
name_parse_segment(const char *name, struct uuid *ret_fs, struct uuid *ret_upload, enum segment_kind *ret_kind,
                   uint32_t *ret_number)
{
    for (enum segment_kind kind = SEGMENT_DATA; kind <= SEGMENT_TREE; kind++) {
        if (parse_numbered(name, folder_of_kind(kind), ret_fs, ret_upload, ret_number)) {
            *ret_kind = kind;
            return true;
        }
    }
    return false;
}

void
locator_format(const struct locator *locator, char out[LOCATOR_SIZE])
{
    char fs[UUID_TEXT_SIZE], snapshot[UUID_TEXT_SIZE];

    uuid_format(&locator->fs, fs);
    uuid_format(&locator->snapshot, snapshot);
    snprintf(out, LOCATOR_SIZE, "%s/%s", fs, snapshot);
}

bool
locator_parse(const char *text, struct locator *ret_locator)
{
    struct locator locator;

    if (!cut_uuid(&text, &locator.fs) || !cut_literal(&text, "/") || !cut_uuid(&text, &locator.snapshot) ||
        *text != '\0')
        return false;
    *ret_locator = locator;
    return true;
}
