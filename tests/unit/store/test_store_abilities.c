#include "store_abilities.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <string.h>

Test(store_abilities, come_back_from_their_json)
{
    SCOPED(buf_done) struct buf text = {0};
    const struct store_abilities abilities = {
        .conditional_put = STORE_CONDITIONAL_RACY,
        .verifies_checksum = STORE_ANSWER_YES,
        .keeps_checksum = STORE_ANSWER_NO,
        .deletes = STORE_ANSWER_YES,
        .versioning = STORE_ANSWER_UNKNOWN,
        .object_lock = STORE_ANSWER_NO,
    };
    struct store_abilities read;
    struct sealift_error err;

    cr_assert_eq(store_abilities_to_json(&abilities, &text, &err), SEALIFT_OK);
    cr_assert(bytes_equal(buf_bytes(&text),
                          bytes_of_text("{\"conditional_put\":\"racy\",\"verifies_checksum\":\"yes\","
                                        "\"keeps_checksum\":\"no\",\"deletes\":\"yes\",\"versioning\":\"unknown\","
                                        "\"object_lock\":\"no\"}")));
    cr_assert_eq(store_abilities_from_json(buf_bytes(&text), &read, &err), SEALIFT_OK);
    cr_assert_eq(memcmp(&read, &abilities, sizeof(read)), 0);
}

Test(store_abilities, have_a_word_for_each_conditional)
{
    static const char *const words[] = {"unknown", "atomic", "racy", "ignored", "refused"};

    for (unsigned i = STORE_CONDITIONAL_UNKNOWN; i <= STORE_CONDITIONAL_REFUSED; i++)
        cr_assert_str_eq(store_conditional_name((enum store_conditional)i), words[i]);
}

Test(store_abilities, are_unknown_when_nobody_looked_or_the_word_is_new)
{
    static const char *const texts[] = {"{}", "[]", "{\"conditional_put\":\"better\",\"deletes\":7}"};
    const struct store_abilities unknown = {0};
    struct store_abilities read;
    struct sealift_error err;

    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(store_abilities_from_json(bytes_of_text(texts[i]), &read, &err), SEALIFT_OK);
        cr_assert_eq(memcmp(&read, &unknown, sizeof(read)), 0);
    }
    cr_assert_eq(store_abilities_from_json(bytes_of_text("{"), &read, &err), SEALIFT_CORRUPT);
}
