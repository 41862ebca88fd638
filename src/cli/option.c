#include "option.h"

#include "cli_scoped.h"
#include "failure.h"
#include "quantity.h"

#include <stdlib.h>
#include <string.h>

bool
option_is_listed(const struct option *option)
{
    return option->type != OPTION_REFUSED && option->type != OPTION_FOREIGN;
}

bool
option_takes_value(const struct option *option)
{
    return option->type != OPTION_FLAG;
}

bool
option_may_be_repeated(const struct option *option)
{
    return option->type == OPTION_TEXTS || option->type == OPTION_FILES;
}

bool
option_may_be_left_out(const struct option *option)
{
    return !option->required || option->environment != NULL;
}

bool
option_is_set(const struct option *option, const void *values)
{
    const void *field = (const char *)values + option->field;

    switch (option->type) {
    case OPTION_END:
    case OPTION_REFUSED:
    case OPTION_FOREIGN:
        return false;
    case OPTION_FLAG:
        return *(const bool *)field;
    case OPTION_BYTES:
        return *(const uint64_t *)field != 0;
    case OPTION_DAYS:
    case OPTION_DURATION:
        return *(const int64_t *)field != 0;
    case OPTION_COUNT:
        return *(const unsigned *)field != 0;
    case OPTION_TEXT:
    case OPTION_CHOICE:
    case OPTION_FILE:
    case OPTION_FOLDER:
    case OPTION_SECRET_FILE:
    case OPTION_TEXTS:
    case OPTION_FILES:
    case OPTION_WORDS:
        return *(const char *const *)field != NULL;
    }
    return false;
}

bool
option_next_word(const char **at, const char **ret_word, size_t *ret_len)
{
    if (*at == NULL)
        return false;
    *at += strspn(*at, " ");
    *ret_word = *at;
    *ret_len = strcspn(*at, " ");
    *at += *ret_len;
    return *ret_len > 0;
}

static bool
is_among(const char *words, const char *text)
{
    const char *word;
    size_t len;

    while (option_next_word(&words, &word, &len))
        if (strlen(text) == len && memcmp(word, text, len) == 0)
            return true;
    return false;
}

/* Only where a secret is found is stored, and it is looked for there again at every login. Standard input and
 * descriptors (which is what a shell makes of <(...)) are gone by then. */
static enum sealift_status
check_secret_file(const char *path, const char *origin, struct sealift_error *err)
{
    static const char *const fleeting[] = {"/dev/stdin", "/dev/fd/", "/proc/self/", "/proc/thread-self/"};
    bool refused = strcmp(path, "-") == 0;

    for (size_t i = 0; i < sizeof(fleeting) / sizeof(fleeting[0]); i++)
        refused = refused || strncmp(path, fleeting[i], strlen(fleeting[i])) == 0;
    if (!refused)
        return SEALIFT_OK;
    return failure_set(err, SEALIFT_INVALID,
                       "%s: a secret from standard input or a descriptor cannot be found again at the next login, and "
                       "sealift stores only where it is found; put it into a file of mode 0600, or see what else the "
                       "help of this command names",
                       origin);
}

static enum sealift_status
refuse(const struct option *option, const char *text, const char *origin, struct sealift_error *err)
{
    switch (option->type) {
    case OPTION_CHOICE:
        return failure_set(err, SEALIFT_INVALID, "%s: '%s' is none of: %s", origin, text, option->choices);
    case OPTION_BYTES:
        return failure_set(err, SEALIFT_INVALID, "%s: '%s' is no size; write a number, with K, M, G or T: 512M", origin,
                           text);
    case OPTION_DAYS:
        return failure_set(err, SEALIFT_INVALID, "%s: '%s' is no number of days; write 30, 30d, 4w or 1y", origin,
                           text);
    case OPTION_DURATION:
        return failure_set(err, SEALIFT_INVALID, "%s: '%s' is no length of time; write 90s, 5m or 1h", origin, text);
    default:
        return failure_set(err, SEALIFT_INVALID, "%s: '%s' is no number from 1 to %u", origin, text, option->most);
    }
}

static enum sealift_status
append_text(const char ***list, const char *text, struct sealift_error *err)
{
    const char **longer;
    size_t count = 0;

    while (*list != NULL && (*list)[count] != NULL)
        count++;
    longer = realloc(*list, (count + 2) * sizeof(*longer));
    if (longer == NULL)
        return failure_no_memory(err);
    longer[count] = text;
    longer[count + 1] = NULL;
    *list = longer;
    return SEALIFT_OK;
}

void
option_forget(const struct option *option, void *values)
{
    const char ***list = (void *)((char *)values + option->field);

    if (!option_may_be_repeated(option))
        return;
    free(*list);
    *list = NULL;
}

enum sealift_status
option_store(const struct option *option, void *values, const char *text, const char *origin, struct sealift_error *err)
{
    void *field = (char *)values + option->field;
    uint64_t bytes = 0;
    int64_t days = 0, seconds = 0;
    unsigned count = 0;

    if (*text == '\0')
        return failure_set(err, SEALIFT_INVALID, "%s: the value is empty", origin);
    switch (option->type) {
    case OPTION_END:
    case OPTION_REFUSED:
    case OPTION_FOREIGN:
    case OPTION_WORDS:
        break; /* these have no single value */
    case OPTION_FLAG:
        *(bool *)field = true;
        break;
    case OPTION_BYTES:
        if (!quantity_parse_bytes(text, &bytes))
            return refuse(option, text, origin, err);
        *(uint64_t *)field = bytes;
        break;
    case OPTION_DAYS:
        if (!quantity_parse_days(text, &days))
            return refuse(option, text, origin, err);
        *(int64_t *)field = days;
        break;
    case OPTION_DURATION:
        if (!quantity_parse_duration(text, &seconds))
            return refuse(option, text, origin, err);
        *(int64_t *)field = seconds;
        break;
    case OPTION_COUNT:
        if (!quantity_parse_count(text, &count) || count > option->most)
            return refuse(option, text, origin, err);
        *(unsigned *)field = count;
        break;
    case OPTION_CHOICE:
        if (!is_among(option->choices, text))
            return refuse(option, text, origin, err);
        *(const char **)field = text;
        break;
    case OPTION_SECRET_FILE:
        TRY(check_secret_file(text, origin, err));
        *(const char **)field = text;
        break;
    case OPTION_TEXT:
    case OPTION_FILE:
    case OPTION_FOLDER:
        *(const char **)field = text;
        break;
    case OPTION_TEXTS:
    case OPTION_FILES:
        return append_text(field, text, err);
    }
    return SEALIFT_OK;
}
