#include "store_abilities.h"

#include "json.h"
#include "scoped.h"

#include <string.h>

/* By their enumerators. */
static const char *const conditional_names[] = {
    [STORE_CONDITIONAL_UNKNOWN] = "unknown", [STORE_CONDITIONAL_ATOMIC] = "atomic",   [STORE_CONDITIONAL_RACY] = "racy",
    [STORE_CONDITIONAL_IGNORED] = "ignored", [STORE_CONDITIONAL_REFUSED] = "refused",
};
static const char *const answer_names[] = {
    [STORE_ANSWER_UNKNOWN] = "unknown",
    [STORE_ANSWER_NO] = "no",
    [STORE_ANSWER_YES] = "yes",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *
store_conditional_name(enum store_conditional conditional)
{
    return conditional_names[conditional];
}

const char *
store_answer_name(enum store_answer answer)
{
    return answer_names[answer];
}

enum sealift_status
store_abilities_to_json(const struct store_abilities *abilities, struct buf *out, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    TRY(json_writer_new(&writer, err));
    json_open_object(writer, NULL);
    json_put_string(writer, "conditional_put", store_conditional_name(abilities->conditional_put));
    json_put_string(writer, "verifies_checksum", store_answer_name(abilities->verifies_checksum));
    json_put_string(writer, "keeps_checksum", store_answer_name(abilities->keeps_checksum));
    json_put_string(writer, "deletes", store_answer_name(abilities->deletes));
    json_put_string(writer, "versioning", store_answer_name(abilities->versioning));
    json_put_string(writer, "object_lock", store_answer_name(abilities->object_lock));
    json_close_object(writer);
    return json_writer_finish(writer, out, err);
}

/* Where `word` stands among `names`; 0, which is "unknown", when it does not. */
static unsigned
find_word(const struct json *word, const char *const *names, size_t count)
{
    const char *text = json_string(word);

    for (size_t i = 0; text != NULL && i < count; i++) {
        if (strcmp(text, names[i]) == 0)
            return (unsigned)i;
    }
    return 0;
}

static enum store_answer
read_answer(const struct json *abilities, const char *key)
{
    return (enum store_answer)find_word(json_get(abilities, key), answer_names, COUNT(answer_names));
}

enum sealift_status
store_abilities_from_json(struct bytes text, struct store_abilities *ret_abilities, struct sealift_error *err)
{
    SCOPED(json_free) struct json *json = NULL;

    TRY(json_parse(text, "abilities of the object store", &json, err));
    *ret_abilities = (struct store_abilities){
        .conditional_put = (enum store_conditional)find_word(json_get(json, "conditional_put"), conditional_names,
                                                             COUNT(conditional_names)),
        .verifies_checksum = read_answer(json, "verifies_checksum"),
        .keeps_checksum = read_answer(json, "keeps_checksum"),
        .deletes = read_answer(json, "deletes"),
        .versioning = read_answer(json, "versioning"),
        .object_lock = read_answer(json, "object_lock"),
    };
    return SEALIFT_OK;
}
