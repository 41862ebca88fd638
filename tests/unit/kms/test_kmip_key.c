#include "kmip_key.h"

#include "scoped.h"
#include "scripted_world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define NOW 1795876080 /* 2026-11-28T14:28:00Z */

static struct scripted_world scripted;
static struct sealift_error err;

static void
begin(void)
{
    scripted_world_init(&scripted, "2026-11-28T14:28:00Z");
}

TestSuite(kmip_key, .init = begin);

static struct kmip_attributes
good(void)
{
    return (struct kmip_attributes){.object_type = KMIP_OBJECT_SYMMETRIC_KEY,
                                    .algorithm = KMIP_ALGORITHM_AES,
                                    .length = 256,
                                    .has_usage_mask = true,
                                    .usage_mask = KMIP_USAGE_ENCRYPT | KMIP_USAGE_DECRYPT,
                                    .state = KMIP_STATE_ACTIVE};
}

static enum sealift_status
check(const struct kmip_attributes *attributes)
{
    return kmip_key_check(&scripted.world, attributes, "uid-7", &err);
}

static void
expect_refused(struct kmip_attributes attributes, const char *because)
{
    cr_assert_eq(check(&attributes), SEALIFT_KEY, "not refused: %s", because);
    cr_assert_not_null(strstr(err.message, because), "\"%s\" is not in: %s", because, err.message);
    cr_assert_not_null(strstr(err.message, "KMIP key uid-7: "), "%s", err.message);
}

static void
expect_warning(struct kmip_attributes attributes, const char *text)
{
    char warning[256], second[256];

    cr_assert_eq(check(&attributes), SEALIFT_OK, "%s", err.message);
    cr_assert_not_null(kmip_key_warning(&scripted.world, &attributes, 0, warning), "no warning of: %s", text);
    cr_assert_not_null(strstr(warning, text), "\"%s\" is not in: %s", text, warning);
    cr_assert_null(kmip_key_warning(&scripted.world, &attributes, 1, second));
}

Test(kmip_key, takes_an_active_aes_key_that_may_do_both)
{
    struct kmip_attributes key = good();
    char text[256];

    cr_assert_eq(check(&key), SEALIFT_OK, "%s", err.message);
    cr_assert_null(kmip_key_warning(&scripted.world, &key, 0, text));
    kmip_key_describe(&key, text);
    cr_assert_str_eq(text, "AES, 256 bits, active");
}

Test(kmip_key, lets_the_mask_allow_more)
{
    struct kmip_attributes key = good();

    key.usage_mask = 0x7fffffff;
    cr_assert_eq(check(&key), SEALIFT_OK);
}

/* Of KMIP 2.0 and later (2.1, section 11): a bit of its own for any use. */
Test(kmip_key, takes_a_mask_without_restrictions)
{
    struct kmip_attributes key = good();

    key.usage_mask = KMIP_USAGE_UNRESTRICTED;
    cr_assert_eq(check(&key), SEALIFT_OK, "%s", err.message);
}

/* An RSA key of a KMIP server is two objects, one private and one public. */
Test(kmip_key, refuses_what_is_no_aes_key)
{
    struct kmip_attributes key = good();

    key.object_type = 4;
    key.algorithm = 4;
    expect_refused(key, "it is a private key (object type 4)");
    key.object_type = 3;
    expect_refused(key, "it is a public key");
    key.object_type = 0x80000001;
    expect_refused(key, "something of another kind (object type 2147483649)");
    key.object_type = KMIP_OBJECT_SYMMETRIC_KEY;
    key.algorithm = 2;
    expect_refused(key, "it is for 3DES (algorithm 2), not for AES");
    key.algorithm = 0x20;
    expect_refused(key, "(algorithm 32), not for AES");
    expect_refused(key, "use an AES key of 256 bits that is active and may encrypt and decrypt");
}

Test(kmip_key, refuses_each_state_but_active_and_says_what_follows)
{
    static const struct {
        uint32_t state;
        const char *because;
    } cases[] = {
        {KMIP_STATE_PRE_ACTIVE, "not active yet (Pre-Active): have it activated"},
        {KMIP_STATE_DEACTIVATED, "it is deactivated and wraps nothing any more; use an AES key"},
        {KMIP_STATE_COMPROMISED, "marked as compromised"},
        {KMIP_STATE_DESTROYED, "destroyed, and with it all that it ever wrapped"},
        {KMIP_STATE_DESTROYED_COMPROMISED, "was compromised and is destroyed"},
        {7, "a state that KMIP does not have"},
        {UINT32_MAX, "a state that KMIP does not have"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct kmip_attributes key = good();

        key.state = cases[i].state;
        expect_refused(key, cases[i].because);
    }
}

Test(kmip_key, refuses_a_mask_that_lacks_a_use)
{
    struct kmip_attributes key = good();

    key.usage_mask = KMIP_USAGE_ENCRYPT;
    expect_refused(key, "Cryptographic Usage Mask lacks Decrypt;");
    key.usage_mask = KMIP_USAGE_DECRYPT;
    expect_refused(key, "Cryptographic Usage Mask lacks Encrypt;");
    key.usage_mask = 0x30; /* Wrap and Unwrap Key */
    expect_refused(key, "lacks Encrypt and Decrypt;");
    key.usage_mask = 0;
    expect_refused(key, "lacks Encrypt and Decrypt;");
}

Test(kmip_key, refuses_a_key_before_and_after_its_time)
{
    struct kmip_attributes key = good();

    key.process_start = NOW + 1;
    expect_refused(key, "from 2026-11-28T14:28:01Z on (Process Start Date)");
    key.process_start = NOW;
    cr_assert_eq(check(&key), SEALIFT_OK, "%s", err.message);
    key.protect_stop = NOW;
    expect_refused(key, "since 2026-11-28T14:28:00Z it may encrypt nothing (Protect Stop Date)");
    key.protect_stop = NOW + 1;
    cr_assert_eq(check(&key), SEALIFT_OK, "%s", err.message);
}

/* A date is a number of the server's, of any size. */
Test(kmip_key, stands_dates_beyond_all_measure)
{
    struct kmip_attributes key = good();
    char text[256];

    key.process_start = INT64_MAX;
    expect_refused(key, "Process Start Date");
    key.process_start = INT64_MIN;
    cr_assert_eq(check(&key), SEALIFT_OK);
    key.protect_stop = INT64_MIN;
    expect_refused(key, "Protect Stop Date");
    key.protect_stop = INT64_MAX;
    key.deactivation = INT64_MAX;
    cr_assert_eq(check(&key), SEALIFT_OK);
    cr_assert_not_null(kmip_key_warning(&scripted.world, &key, 1, text));
}

Test(kmip_key, warns_of_what_its_admin_should_know)
{
    struct kmip_attributes key = good();

    key.length = 128;
    expect_warning(key, "the key has 128 bits only");
    key = good();
    key.deactivation = NOW + 24 * 3600;
    expect_warning(key, "will be deactivated on 2026-11-29T14:28:00Z");
    key.deactivation = NOW;
    expect_warning(key, "2026-11-28T14:28:00Z, has passed");
    key = good();
    key.protect_stop = NOW + 1;
    expect_warning(key, "wraps nothing from 2026-11-28T14:28:01Z on");
}

/* Attributes that are not there are no error in KMIP; that a key will do is for wrapping to show. */
Test(kmip_key, does_not_refuse_for_what_is_not_said)
{
    struct kmip_attributes nothing = {0};
    struct kmip_attributes key = good();
    char text[128];

    expect_warning(nothing, "does not say in which state it is, nor what it may be used for");
    key.state = 0;
    expect_warning(key, "does not say in which state it is: wrapping");
    key = good();
    key.has_usage_mask = false;
    key.usage_mask = 0;
    expect_warning(key, "does not say what it may be used for: wrapping");
    kmip_key_describe(&nothing, text);
    cr_assert_str_eq(text, "of an algorithm that is not said, in a state that is not said");
}

Test(kmip_key, tells_all_warnings_one_by_one)
{
    struct kmip_attributes key = {.length = 128, .deactivation = NOW + 1, .protect_stop = NOW + 1};
    char text[256];

    for (size_t i = 0; i < 4; i++)
        cr_assert_not_null(kmip_key_warning(&scripted.world, &key, i, text));
    cr_assert_null(kmip_key_warning(&scripted.world, &key, 4, text));
}
