#include "kmip_mode.h"

#include <criterion/criterion.h>
#include <string.h>

Test(kmip_mode, prefers_what_notices_damage_and_the_servers_iv)
{
    cr_assert(kmip_mode_equal(&kmip_modes[0], &(struct kmip_mode){KMIP_AES_GCM, false}));
    cr_assert(kmip_mode_equal(&kmip_modes[1], &(struct kmip_mode){KMIP_AES_GCM, true}));
    cr_assert(kmip_mode_equal(&kmip_modes[2], &(struct kmip_mode){KMIP_AES_CBC, false}));
    cr_assert(kmip_mode_equal(&kmip_modes[3], &(struct kmip_mode){KMIP_AES_CBC, true}));
}

Test(kmip_mode, tells_modes_apart_by_cipher_and_by_who_makes_the_iv)
{
    for (size_t i = 0; i < KMIP_MODE_COUNT; i++) {
        for (size_t j = 0; j < KMIP_MODE_COUNT; j++) {
            cr_assert_eq(kmip_mode_equal(&kmip_modes[i], &kmip_modes[j]), i == j);
            cr_assert_eq(strcmp(kmip_mode_words(&kmip_modes[i]), kmip_mode_words(&kmip_modes[j])) == 0, i == j);
        }
    }
}

Test(kmip_mode, has_the_names_that_the_configuration_and_the_envelope_have)
{
    cr_assert_str_eq(kmip_mode_name(&kmip_modes[0]), "AES-GCM");
    cr_assert_str_eq(kmip_mode_name(&kmip_modes[3]), "AES-CBC");
    cr_assert_str_eq(kmip_cipher_name(KMIP_AES_CBC), "AES-CBC");
}

Test(kmip_mode, does_not_know_what_nobody_has_found_out)
{
    struct kmip_mode unknown = {0};

    cr_assert_not(kmip_mode_is_known(&unknown));
    cr_assert_str_eq(kmip_mode_name(&unknown), "");
    for (size_t i = 0; i < KMIP_MODE_COUNT; i++)
        cr_assert(kmip_mode_is_known(&kmip_modes[i]));
}
