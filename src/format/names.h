/* The names of a bucket's objects, and the locator. DESIGN.md section 4; docs/FORMAT.md, "Names". */
#ifndef NAMES_H
#define NAMES_H

#include "envelope.h"

#define NAME_SIZE 256 /* every name fits, with its NUL */

/* Segments and log records are numbered with eight digits, so that a listing is in their order. 16 MiB segments up to
 * this number make 1.5 PiB; an upload may write that much of data, and as much of tree. */
#define NAME_NUMBER_MAX 99999999

enum segment_kind { SEGMENT_DATA = 1, SEGMENT_TREE = 2 };

#define NAME_MARKER "sealift.json"
#define NAME_FS     "fs/"

/* Named by the FS key first, then by time: the records of one FS key are one listing, the newest last. */
void name_of_key_record(const struct uuid *fs, const uint8_t key_check[KEY_CHECK_SIZE], const struct uuid *record,
                        char out[NAME_SIZE]);
void name_of_key_records(const struct uuid *fs, char out[NAME_SIZE]); /* the prefix to list, with its slash */
void name_of_key_records_of(const struct uuid *fs, const uint8_t key_check[KEY_CHECK_SIZE],
                            char out[NAME_SIZE]); /* prefix: those of one FS key */
void name_of_manifest(const struct uuid *fs, const struct uuid *upload, char out[NAME_SIZE]);
void name_of_manifests(const struct uuid *fs, char out[NAME_SIZE]);
void name_of_log_record(const struct uuid *fs, const struct uuid *upload, uint32_t number, char out[NAME_SIZE]);
void name_of_log(const struct uuid *fs, const struct uuid *upload, char out[NAME_SIZE]); /* prefix */
void name_of_segment(const struct uuid *fs, const struct uuid *upload, enum segment_kind kind, uint32_t number,
                     char out[NAME_SIZE]);
void name_of_segments(const struct uuid *fs, const struct uuid *upload, enum segment_kind kind,
                      char out[NAME_SIZE]);                         /* prefix */
void name_of_condemned(const struct uuid *fs, char out[NAME_SIZE]); /* prefix */

/* A listed name, read back; false when it is nothing of ours. */
bool name_parse_key_record(const char *name, struct uuid *ret_fs, uint8_t ret_key_check[KEY_CHECK_SIZE],
                           struct uuid *ret_record);
bool name_parse_manifest(const char *name, struct uuid *ret_fs, struct uuid *ret_upload);
bool name_parse_log_record(const char *name, struct uuid *ret_fs, struct uuid *ret_upload, uint32_t *ret_number);
bool name_parse_segment(const char *name, struct uuid *ret_fs, struct uuid *ret_upload, enum segment_kind *ret_kind,
                        uint32_t *ret_number);

/* "<fs-uuid>/<snapshot-uuid>" */
#define LOCATOR_SIZE 74
struct locator {
    struct uuid fs;
    struct uuid snapshot;
};
void locator_format(const struct locator *locator, char out[LOCATOR_SIZE]);
bool locator_parse(const char *text, struct locator *ret_locator);

#endif
