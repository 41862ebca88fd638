#include "survey_keyed.h"

#include "text.h"

static const char *
or_null(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : NULL;
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

static void
fill_what(struct survey_keyed *out, const struct survey_item *item)
{
    const struct locator locator = {item->fs, item->upload};

    out->keyed.kind = kind_name(item->kind);
    out->keyed.obs = or_null(item->url);
    out->keyed.filesystem = or_null(item->filesystem);
    if (item->kind != SURVEY_STORE) {
        uuid_format(&item->fs, out->fs);
        out->keyed.filesystem_id = out->fs;
    }
    if (item->kind == SURVEY_SNAPSHOT) {
        locator_format(&locator, out->locator);
        out->keyed.locator = out->locator;
    }
}

static void
fill_key(struct survey_keyed *out, const struct survey_opened *opened)
{
    struct sealift_keyed *keyed = &out->keyed;

    keyed->wrapping = opened->wrapping;
    if (opened->record != NULL) {
        uuid_format(opened->record, out->record);
        keyed->record = out->record;
    }
    keyed->kms_type = opened->by->type;
    keyed->kms_namespace = or_null(opened->by->name_space);
    keyed->kms_mount = or_null(opened->by->mount);
    keyed->kms_key_identifier = opened->by->key_identifier;
    keyed->kms_key_version = opened->by->key_version;
}

void
survey_keyed_fill(struct survey_keyed *out, const struct survey_item *item, const struct survey_opened *opened)
{
    fill_what(out, item);
    if (out->keyed.filesystem == NULL)
        out->keyed.filesystem = or_null(opened->filesystem);
    out->keyed.snapshot = or_null(opened->snapshot);
    out->keyed.problem = opened->problem;
    if (opened->key_check != NULL) {
        hex_encode((struct bytes){opened->key_check, KEY_CHECK_SIZE}, out->key_check);
        out->keyed.key_check = out->key_check;
    }
    if (opened->wrapping != NULL)
        fill_key(out, opened);
}
