/* What the suites of the KMS configuration ask of it. */
#ifndef CONFIG_EXPECT_H
#define CONFIG_EXPECT_H

#include "kms_config.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <string.h>

static inline void
config_expect_good(struct kms_config *config)
{
    struct sealift_error err = {0};

    cr_assert_eq(kms_config_check(config, &err), SEALIFT_OK, "%s", err.message);
}

static inline void
config_expect_refused(struct kms_config config, const char *because)
{
    struct sealift_error err = {0};

    cr_assert_eq(kms_config_check(&config, &err), SEALIFT_INVALID, "expected a refusal: %s", because);
    cr_assert_not_null(strstr(err.message, because), "\"%s\" does not say \"%s\"", err.message, because);
}

/* Checked, written, and read again. */
static inline struct kms_config
config_through_json(struct kms_config *config)
{
    SCOPED(buf_done) struct buf text = {0};
    struct sealift_error err = {0};
    struct kms_config again;

    config_expect_good(config);
    cr_assert_eq(kms_config_to_json(config, &text, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(kms_config_from_json(buf_bytes(&text), &again, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(again.type, config->type);
    return again;
}

static inline void
config_expect_unread(const char *json, enum sealift_status status, const char *because)
{
    struct sealift_error err = {0};
    struct kms_config config;

    cr_assert_eq(kms_config_from_json(bytes_of_text(json), &config, &err), status, "%s: %s", json, err.message);
    cr_assert_not_null(strstr(err.message, because), "\"%s\" does not say \"%s\"", err.message, because);
}

#endif
