#include "survey_text.h"

#include "text.h"

const char *
survey_text_or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static const char *
kind_name(enum survey_kind kind)
{
    static const char *const names[] = {
        [SURVEY_STORE] = "store",
        [SURVEY_FILESYSTEM] = "filesystem",
        [SURVEY_KEY] = "key",
        [SURVEY_SNAPSHOT] = "snapshot",
    };

    return names[kind];
}

void
survey_text_fill(struct survey_text *text, const struct survey_item *item, const char *filesystem,
                 const uint8_t *key_check, const struct uuid *record)
{
    const struct locator locator = {item->fs, item->upload};

    text->kind = kind_name(item->kind);
    text->obs = survey_text_or_null(item->url);
    text->filesystem = survey_text_or_null(item->filesystem[0] != '\0' ? item->filesystem : filesystem);
    if (item->kind != SURVEY_STORE) {
        uuid_format(&item->fs, text->fs);
        text->filesystem_id = text->fs;
    }
    if (item->kind == SURVEY_SNAPSHOT) {
        locator_format(&locator, text->locator_text);
        text->locator = text->locator_text;
    }
    if (key_check != NULL) {
        hex_encode((struct bytes){key_check, KEY_CHECK_SIZE}, text->key_check_text);
        text->key_check = text->key_check_text;
    }
    if (record != NULL) {
        uuid_format(record, text->record_text);
        text->record = text->record_text;
    }
}
