/* The numbers in kms/kmip_tag.h are those of the specification's tables, each under its own name. */
#include "kmip_names.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How the constants of a set begin, the longer beginnings first. */
static const struct {
    const char *beginning;
    const char *set;
    const char *in_front; /* what the specification's name has in front */
} sets[] = {
    {"KMIP_TAG_", "Tag", ""},
    {"KMIP_MODE_", "BlockCipherMode", ""},
    {"KMIP_PADDING_", "PaddingMethod", ""},
    {"KMIP_ALGORITHM_", "CryptographicAlgorithm", ""},
    {"KMIP_OBJECT_", "ObjectType", ""},
    {"KMIP_USAGE_", "CryptographicUsageMask", ""},
    {"KMIP_CREDENTIAL_", "CredentialType", ""},
    {"KMIP_QUERY_", "QueryFunction", "Query"},
    {"KMIP_STATE_", "State", ""},
    {"KMIP_REASON_", "ResultReason", ""},
    {"KMIP_SUCCESS", "ResultStatus", "Success"},
    {"KMIP_OPERATION_", "ResultStatus", "Operation"},
    {"KMIP_", "Operation", ""},
};

static void
check(const char *constant, uint32_t number)
{
    uint32_t expected;
    char name[160];
    size_t i = 0;

    while (strncmp(constant, sets[i].beginning, strlen(sets[i].beginning)) != 0)
        i++;
    snprintf(name, sizeof(name), "%s%s", sets[i].in_front, constant + strlen(sets[i].beginning));
    cr_assert(kmip_names_value(sets[i].set, name, &expected), "%s: the specification has no %s %s", constant,
              sets[i].set, name);
    cr_assert_eq(number, expected, "%s is %x in the specification", constant, expected);
}

Test(kmip_tag, has_the_specifications_numbers)
{
    FILE *file = fopen(TEST_VECTORS "/../../kms/kmip_tag.h", "r");
    size_t count = 0;
    char line[512];

    cr_assert_not_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        /* "KMIP_A = 0x01, KMIP_B = 2": one or several on a line */
        for (char *at = strstr(line, "KMIP_"); at != NULL; at = strstr(at + 1, "KMIP_")) {
            char constant[128];
            char number[32];

            if (sscanf(at, "%127[A-Z0-9_] = %31[0-9a-fx]", constant, number) != 2 ||
                strcmp(constant, "KMIP_REASON_NONE") == 0) /* is none of KMIP's */
                continue;
            check(constant, (uint32_t)strtoul(number, NULL, 0));
            count++;
        }
    }
    fclose(file);
    cr_assert_gt(count, 100);
}

Test(kmip_tag, has_tables_of_all_of_kmip)
{
    uint32_t number;

    cr_assert_eq(kmip_names_count(), 1419);
    cr_assert(kmip_names_tag("ActivationDate", &number) && number == 0x420001);
    cr_assert(kmip_names_tag("AsynchronousCorrelationValues", &number) && number == 0x420176);
    cr_assert(kmip_names_tag("PKCS_11Function", &number) && number == 0x42015a);
    cr_assert(kmip_names_tag("X.509 Certificate Issuer", &number) && number == 0x4200b6);
    cr_assert_not(kmip_names_tag("Activation", &number));
    cr_assert(kmip_names_value("Operation", "ReKeyKeyPair", &number) && number == 0x1d);
    cr_assert(kmip_names_value("HashingAlgorithm", "SHA_512_256", &number) && number == 0xd);
    cr_assert(kmip_names_value("CryptographicAlgorithm", "DES3", &number) && number == 2);
    cr_assert(kmip_names_value("ResultReason", "GeneralFailure", &number) && number == 0x100);
    cr_assert_str_eq(kmip_names_set_of("MaskGeneratorHashingAlgorithm"), "HashingAlgorithm");
    cr_assert_str_eq(kmip_names_set_of("AttributeReference"), "Tag");
    cr_assert_null(kmip_names_set_of("BatchCount"));
}
