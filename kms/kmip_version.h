/* The versions of KMIP that sealift speaks. */
#ifndef KMIP_VERSION_H
#define KMIP_VERSION_H

#include <sealift/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ordered by age, so that they can be compared. */
enum kmip_version {
    KMIP_VERSION_UNKNOWN = 0,
    KMIP_1_2 = 0x0102,
    KMIP_1_3 = 0x0103,
    KMIP_1_4 = 0x0104,
    KMIP_2_0 = 0x0200,
    KMIP_2_1 = 0x0201,
};

#define KMIP_VERSION_COUNT 5

/* In the order of our liking: 1.4 is what most servers were tested with, 1.2 and 1.3 have no field for a GCM tag. */
extern const enum kmip_version kmip_versions[KMIP_VERSION_COUNT];

int32_t kmip_version_major(enum kmip_version version);
int32_t kmip_version_minor(enum kmip_version version);
/* UNKNOWN for one that we do not speak. */
enum kmip_version kmip_version_of(int32_t major, int32_t minor);

const char *kmip_version_text(enum kmip_version version); /* "1.4"; "" for UNKNOWN */
/* INVALID names those that can be asked for. */
enum sealift_status kmip_version_parse(const char *text, enum kmip_version *ret_version, struct sealift_error *err);

#endif
