#include "kmip_name.h"

#include <criterion/criterion.h>

Test(kmip_name, knows_the_reasons_that_are_listed_and_no_others)
{
    size_t known = 0;

    for (uint32_t reason = 0; reason <= 0x1000; reason++)
        known += kmip_reason_name(reason)[0] != '\0';
    cr_assert_eq(known, 73);
    cr_assert_str_eq(kmip_reason_name(0), "");
    cr_assert_str_eq(kmip_reason_name(0x01), "Item Not Found");
    cr_assert_str_eq(kmip_reason_name(0x27), "");
    cr_assert_str_eq(kmip_reason_name(0x3f), "Unsupported Protocol Version");
    cr_assert_str_eq(kmip_reason_name(0x4c), "Duplicate Process Request");
    cr_assert_str_eq(kmip_reason_name(0x4d), "");
    cr_assert_str_eq(kmip_reason_name(0x100), "General Failure");
    cr_assert_str_eq(kmip_reason_name(0x101), "");
    cr_assert_str_eq(kmip_reason_name(UINT32_MAX), "");
}

Test(kmip_name, names_the_operations_that_sealift_uses)
{
    cr_assert_str_eq(kmip_operation_name(KMIP_DISCOVER_VERSIONS), "Discover Versions");
    cr_assert_str_eq(kmip_operation_name(KMIP_QUERY), "Query");
    cr_assert_str_eq(kmip_operation_name(KMIP_GET_ATTRIBUTES), "Get Attributes");
    cr_assert_str_eq(kmip_operation_name(KMIP_ENCRYPT), "Encrypt");
    cr_assert_str_eq(kmip_operation_name(KMIP_DECRYPT), "Decrypt");
}
