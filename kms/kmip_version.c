#include "kmip_version.h"

#include "error.h"

#include <string.h>

const enum kmip_version kmip_versions[KMIP_VERSION_COUNT] = {KMIP_1_4, KMIP_2_1, KMIP_2_0, KMIP_1_3, KMIP_1_2};

static const struct {
    enum kmip_version version;
    const char *text;
} names[KMIP_VERSION_COUNT] = {
    {KMIP_1_2, "1.2"}, {KMIP_1_3, "1.3"}, {KMIP_1_4, "1.4"}, {KMIP_2_0, "2.0"}, {KMIP_2_1, "2.1"},
};

int32_t
kmip_version_major(enum kmip_version version)
{
    return (int32_t)version >> 8;
}

int32_t
kmip_version_minor(enum kmip_version version)
{
    return (int32_t)version & 0xff;
}

enum kmip_version
kmip_version_of(int32_t major, int32_t minor)
{
    for (size_t i = 0; i < KMIP_VERSION_COUNT; i++) {
        if (kmip_version_major(names[i].version) == major && kmip_version_minor(names[i].version) == minor)
            return names[i].version;
    }
    return KMIP_VERSION_UNKNOWN;
}

const char *
kmip_version_text(enum kmip_version version)
{
    for (size_t i = 0; i < KMIP_VERSION_COUNT; i++) {
        if (names[i].version == version)
            return names[i].text;
    }
    return "";
}

enum sealift_status
kmip_version_parse(const char *text, enum kmip_version *ret_version, struct sealift_error *err)
{
    for (size_t i = 0; i < KMIP_VERSION_COUNT; i++) {
        if (strcmp(names[i].text, text) == 0) {
            *ret_version = names[i].version;
            return SEALIFT_OK;
        }
    }
    return error_set(err, SEALIFT_INVALID,
                     "\"%s\" is no version of KMIP that sealift speaks: 1.2, 1.3, 1.4, 2.0 or 2.1", text);
}
