#include "names.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool parsed, const char *name, const char *written)
{
    if (parsed && strcmp(name, written) != 0)
        __builtin_trap(); /* each object has one name */
}

/* What a bucket lists, to all that read a name: what is read back gives the name again. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[NAME_SIZE] = {0}, written[NAME_SIZE] = {0}, locator_text[LOCATOR_SIZE] = {0};
    uint8_t key_check[KEY_CHECK_SIZE];
    struct locator locator;
    struct uuid fs, object;
    enum segment_kind kind;
    uint32_t number;
    bool parsed;

    memcpy(name, data, size < sizeof(name) ? size : sizeof(name) - 1);
    if ((parsed = name_parse_key_record(name, &fs, key_check, &object)))
        name_of_key_record(&fs, key_check, &object, written);
    expect(parsed, name, written);
    if ((parsed = name_parse_manifest(name, &fs, &object)))
        name_of_manifest(&fs, &object, written);
    expect(parsed, name, written);
    if ((parsed = name_parse_log_record(name, &fs, &object, &number)))
        name_of_log_record(&fs, &object, number, written);
    expect(parsed, name, written);
    if ((parsed = name_parse_segment(name, &fs, &object, &kind, &number)))
        name_of_segment(&fs, &object, kind, number, written);
    expect(parsed, name, written);
    if ((parsed = locator_parse(name, &locator)))
        locator_format(&locator, locator_text);
    expect(parsed, name, locator_text);
    return 0;
}
