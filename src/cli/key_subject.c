#include "key_subject.h"

#include "cli_scoped.h"
#include "failure.h"
#include "obs_options.h"

#include <string.h>

#define UUID_LEN 36

const struct option key_subject_options[] = {
    {.name = "obs",
     .type = OPTION_TEXT,
     .field = offsetof(struct key_subject, obs.url),
     .placeholder = "OBS",
     .help = "where the key records are: a name from `sealift obs`, or a URL (without it: the filesystem's own)"},
    {0},
};

/* A UUID, or two with a slash between. */
static bool
looks_like_a_locator(const char *text)
{
    size_t len = strlen(text);

    if (strspn(text, "0123456789abcdef-/") != len || (len != UUID_LEN && len != 2 * UUID_LEN + 1))
        return false;
    return text[8] == '-' && text[13] == '-' && (len == UUID_LEN || text[UUID_LEN] == '/');
}

enum sealift_status
key_subject_read(const struct key_subject *subject, struct sealift_key_spec *spec, struct sealift_error *err)
{
    TRY(obs_options_check(&subject->obs, err));
    spec->obs = subject->obs;
    if (!looks_like_a_locator(subject->name_or_locator)) {
        spec->fs = subject->name_or_locator;
        return SEALIFT_OK;
    }
    if (subject->obs.url == NULL)
        return failure_set(err, SEALIFT_INVALID,
                           "%s: is a locator, or a filesystem's UUID; say with --obs which object store has it",
                           subject->name_or_locator);
    spec->locator = subject->name_or_locator;
    return SEALIFT_OK;
}
