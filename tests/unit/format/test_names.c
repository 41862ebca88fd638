#include "names.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const char fs_text[] = "0d8f3c1a-5b7e-4f60-9a2b-3c4d5e6f7081";
static const char upload_text[] = "018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7";

static const char key_text[] = "6f693c4cfe87c47c7456e57aa985b467562b2250ec9754e33b618b8d9c18023c";
static const uint8_t key_check[KEY_CHECK_SIZE] = {0x6f, 0x69, 0x3c, 0x4c, 0xfe, 0x87, 0xc4, 0x7c, 0x74, 0x56, 0xe5,
                                                  0x7a, 0xa9, 0x85, 0xb4, 0x67, 0x56, 0x2b, 0x22, 0x50, 0xec, 0x97,
                                                  0x54, 0xe3, 0x3b, 0x61, 0x8b, 0x8d, 0x9c, 0x18, 0x02, 0x3c};

static struct uuid
uuid_of(const char *text)
{
    struct uuid uuid;

    cr_assert(uuid_parse(text, &uuid));
    return uuid;
}

Test(names, are_as_the_format_says)
{
    struct uuid fs = uuid_of(fs_text), upload = uuid_of(upload_text);
    char name[NAME_SIZE];

    name_of_key_record(&fs, key_check, &upload, name);
    cr_assert_str_eq(name, "fs/0d8f3c1a-5b7e-4f60-9a2b-3c4d5e6f7081/keys/"
                           "6f693c4cfe87c47c7456e57aa985b467562b2250ec9754e33b618b8d9c18023c-"
                           "018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7.json");
    name_of_key_records_of(&fs, key_check, name);
    cr_assert_str_eq(name, "fs/0d8f3c1a-5b7e-4f60-9a2b-3c4d5e6f7081/keys/"
                           "6f693c4cfe87c47c7456e57aa985b467562b2250ec9754e33b618b8d9c18023c-");
    name_of_key_records(&fs, name);
    cr_assert_str_eq(name, "fs/0d8f3c1a-5b7e-4f60-9a2b-3c4d5e6f7081/keys/");
    name_of_manifest(&fs, &upload, name);
    cr_assert_str_eq(name,
                     "fs/0d8f3c1a-5b7e-4f60-9a2b-3c4d5e6f7081/snapshots/018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7.json");
    name_of_manifests(&fs, name);
    cr_assert_str_eq(name, "fs/0d8f3c1a-5b7e-4f60-9a2b-3c4d5e6f7081/snapshots/");
    name_of_log_record(&fs, &upload, 7, name);
    cr_assert_str_eq(name,
                     "fs/0d8f3c1a-5b7e-4f60-9a2b-3c4d5e6f7081/logs/018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7/00000007");
    name_of_log(&fs, &upload, name);
    cr_assert_str_eq(name, "fs/0d8f3c1a-5b7e-4f60-9a2b-3c4d5e6f7081/logs/018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7/");
    name_of_segment(&fs, &upload, SEGMENT_DATA, 12345678, name);
    cr_assert_str_eq(name,
                     "fs/0d8f3c1a-5b7e-4f60-9a2b-3c4d5e6f7081/data/018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7/12345678");
    name_of_segments(&fs, &upload, SEGMENT_TREE, name);
    cr_assert_str_eq(name, "fs/0d8f3c1a-5b7e-4f60-9a2b-3c4d5e6f7081/tree/018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7/");
    name_of_condemned(&fs, name);
    cr_assert_str_eq(name, "fs/0d8f3c1a-5b7e-4f60-9a2b-3c4d5e6f7081/condemned/");
}

Test(names, read_back_what_they_say)
{
    struct uuid fs = uuid_of(fs_text), upload = uuid_of(upload_text);
    struct uuid found_fs = {0}, found = {0};
    enum segment_kind kind = SEGMENT_DATA;
    uint8_t found_key[KEY_CHECK_SIZE] = {0};
    uint32_t number = 0;
    char name[NAME_SIZE];

    name_of_key_record(&fs, key_check, &upload, name);
    cr_assert(name_parse_key_record(name, &found_fs, found_key, &found));
    cr_assert(uuid_equal(&fs, &found_fs) && uuid_equal(&upload, &found));
    cr_assert_eq(memcmp(found_key, key_check, sizeof(key_check)), 0);
    cr_assert_not(name_parse_manifest(name, &found_fs, &found));

    name_of_manifest(&fs, &upload, name);
    cr_assert(name_parse_manifest(name, &found_fs, &found));
    cr_assert_not(name_parse_key_record(name, &found_fs, found_key, &found));

    name_of_log_record(&fs, &upload, NAME_NUMBER_MAX, name);
    cr_assert(name_parse_log_record(name, &found_fs, &found, &number));
    cr_assert_eq(number, NAME_NUMBER_MAX);

    name_of_segment(&fs, &upload, SEGMENT_TREE, 90, name);
    cr_assert(name_parse_segment(name, &found_fs, &found, &kind, &number));
    cr_assert(kind == SEGMENT_TREE && number == 90);
    cr_assert(uuid_equal(&upload, &found));
}

Test(names, of_others_are_nothing_of_ours)
{
    static const char *const strangers[] = {
        "",
        "fs/",
        "sealift.json",
        "fs/0d8f3c1a-5b7e-4f60-9a2b-3c4d5e6f7081/snapshots/",
        "fs/0d8f3c1a-5b7e-4f60-9a2b-3c4d5e6f7081/snapshots/018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7",
        "fs/0d8f3c1a-5b7e-4f60-9a2b-3c4d5e6f7081/snapshots/018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7.json.tmp",
        "fs/0d8f3c1a-5b7e-4f60-9a2b-3c4d5e6f7081/snapshots/018F4A2B-3c4d-7e5f-8091-a2b3c4d5e6f7.json",
        "x/0d8f3c1a-5b7e-4f60-9a2b-3c4d5e6f7081/snapshots/018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7.json",
        "fs/0d8f3c1a-5b7e-4f60-9a2b-3c4d5e6f7081/data/018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7/0000001",
        "fs/0d8f3c1a-5b7e-4f60-9a2b-3c4d5e6f7081/data/018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7/000000010",
        "fs/0d8f3c1a-5b7e-4f60-9a2b-3c4d5e6f7081/data/018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7/0000000a",
        "fs/0d8f3c1a-5b7e-4f60-9a2b-3c4d5e6f7081/data/018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7/ 0000001",
    };
    uint8_t found_key[KEY_CHECK_SIZE];
    struct uuid fs, object;
    enum segment_kind kind;
    uint32_t number;

    for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
        cr_assert_not(name_parse_key_record(strangers[i], &fs, found_key, &object), "%s", strangers[i]);
        cr_assert_not(name_parse_manifest(strangers[i], &fs, &object), "%s", strangers[i]);
        cr_assert_not(name_parse_log_record(strangers[i], &fs, &object, &number), "%s", strangers[i]);
        cr_assert_not(name_parse_segment(strangers[i], &fs, &object, &kind, &number), "%s", strangers[i]);
    }
}

static bool
is_key_record(const char *key, const char *tail)
{
    uint8_t found_key[KEY_CHECK_SIZE];
    struct uuid fs, record;
    char name[NAME_SIZE];

    snprintf(name, sizeof(name), "fs/%s/keys/%s%s", fs_text, key, tail);
    return name_parse_key_record(name, &fs, found_key, &record);
}

Test(names, of_key_records_say_the_key_and_the_record_and_no_more)
{
    static const char tail[] = "-018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7.json";
    char other[sizeof(key_text) + 2];

    cr_assert(is_key_record(key_text, tail));
    cr_assert_not(is_key_record("", tail + 1), "the record alone");
    cr_assert_not(is_key_record(key_text, ""));
    cr_assert_not(is_key_record(key_text, "-"));
    cr_assert_not(is_key_record(key_text, tail + 1));
    cr_assert_not(is_key_record(key_text, "-018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7"));
    cr_assert_not(is_key_record(key_text, "-018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7.json.tmp"));
    snprintf(other, sizeof(other), "%s00", key_text);
    cr_assert_not(is_key_record(other, tail), "a byte more");
    snprintf(other, sizeof(other), "%s", key_text);
    other[0] = 'F';
    cr_assert_not(is_key_record(other, tail), "upper case");
    snprintf(other, sizeof(other), "%.62s", key_text);
    cr_assert_not(is_key_record(other, tail), "a byte less");
}

Test(names, hold_a_locator_that_reads_back)
{
    struct locator locator = {uuid_of(fs_text), uuid_of(upload_text)}, found = {0};
    char text[LOCATOR_SIZE], longer[LOCATOR_SIZE + 1];

    locator_format(&locator, text);
    cr_assert_str_eq(text, "0d8f3c1a-5b7e-4f60-9a2b-3c4d5e6f7081/018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7");
    cr_assert(locator_parse(text, &found));
    cr_assert(uuid_equal(&locator.fs, &found.fs) && uuid_equal(&locator.snapshot, &found.snapshot));

    snprintf(longer, sizeof(longer), "%s/", text);
    cr_assert_not(locator_parse(longer, &found));
    text[strlen(text) - 1] = '\0';
    cr_assert_not(locator_parse(text, &found));
    cr_assert_not(locator_parse("", &found));
    cr_assert_not(locator_parse(fs_text, &found));
}
