#include "server_trouble.h"

#include "error.h"
#include "utf8.h"

#include <stdio.h>
#include <string.h>

#define SEPARATOR   "; "
#define MORE        "..."
#define ROUNDS_ROOM 48 /* for "; gave up after N tries" */

void
server_troubles_note(struct server_troubles *troubles, size_t server, const struct sealift_error *trouble)
{
    troubles->of[server] = *trouble;
}

bool
server_troubles_may_pass(const struct server_troubles *troubles)
{
    for (size_t i = 0; i < ENDPOINT_LIST_MAX; i++) {
        if (troubles->of[i].status == SEALIFT_UNAVAILABLE)
            return true;
    }
    return false;
}

static enum sealift_status
first_status(const struct server_troubles *troubles)
{
    for (size_t i = 0; i < ENDPOINT_LIST_MAX; i++) {
        if (troubles->of[i].status != SEALIFT_OK)
            return troubles->of[i].status;
    }
    return SEALIFT_INTERNAL; /* nothing was noted */
}

static const char *
text_of(const struct server_troubles *troubles, size_t server)
{
    const char *message = troubles->of[server].message;
    size_t len = strlen(troubles->prefix);

    return strncmp(message, troubles->prefix, len) == 0 ? message + len : message;
}

static size_t
length_of(const struct server_troubles *troubles, size_t server)
{
    return troubles->of[server].status != SEALIFT_OK ? strlen(text_of(troubles, server)) : 0;
}

/* How many bytes each may have, so that together they fit in `room`: what the short ones leave is the long ones'. */
static size_t
fair_share(const struct server_troubles *troubles, size_t room)
{
    size_t share = room / ENDPOINT_LIST_MAX;

    for (;;) {
        size_t taken = 0, longer = 0;

        for (size_t i = 0; i < ENDPOINT_LIST_MAX; i++) {
            size_t len = length_of(troubles, i);

            longer += len > share;
            taken += len > share ? 0 : len;
        }
        if (longer == 0 || (room - taken) / longer == share)
            return share;
        share = (room - taken) / longer;
    }
}

/* Cut at a character. */
static void
append_cut(char *out, size_t size, const char *text, size_t share)
{
    size_t at = strlen(out), len = 0;
    bool cut = strlen(text) > share;
    size_t room = cut ? share - strlen(MORE) : share;

    while (text[len] != '\0') {
        size_t step = utf8_char_len(bytes_of_text(text + len));

        step = step > 0 ? step : 1;
        if (len + step > room)
            break;
        len += step;
    }
    snprintf(out + at, size - at, "%.*s%s", (int)len, text, cut ? MORE : "");
}

/* What all of them say in the same words names none of them: a file or a password of ours. NULL: they differ. */
static const struct sealift_error *
common_trouble(const struct server_troubles *troubles)
{
    const struct sealift_error *common = NULL;

    for (size_t i = 0; i < ENDPOINT_LIST_MAX; i++) {
        const struct sealift_error *trouble = &troubles->of[i];

        if (trouble->status == SEALIFT_OK)
            continue;
        if (common != NULL && strcmp(common->message, trouble->message) != 0)
            return NULL;
        common = trouble;
    }
    return common;
}

/* Each with its own, behind the name of its server. */
static void
list_troubles(const struct server_troubles *troubles, char *text, size_t size)
{
    size_t room = size - strlen(troubles->prefix) - (ENDPOINT_LIST_MAX - 1) * strlen(SEPARATOR) - ROUNDS_ROOM;
    size_t share = fair_share(troubles, room);
    bool first = true;

    snprintf(text, size, "%s", troubles->prefix);
    for (size_t i = 0; i < ENDPOINT_LIST_MAX; i++) {
        if (troubles->of[i].status == SEALIFT_OK)
            continue;
        if (!first)
            append_cut(text, size, SEPARATOR, strlen(SEPARATOR));
        append_cut(text, size, text_of(troubles, i), share);
        first = false;
    }
}

static const struct sealift_error *
cancelled(const struct server_troubles *troubles)
{
    for (size_t i = 0; i < ENDPOINT_LIST_MAX; i++) {
        if (troubles->of[i].status == SEALIFT_CANCELLED)
            return &troubles->of[i];
    }
    return NULL;
}

enum sealift_status
server_troubles_report(const struct server_troubles *troubles, unsigned rounds, struct sealift_error *err)
{
    enum sealift_status status = server_troubles_may_pass(troubles) ? SEALIFT_UNAVAILABLE : first_status(troubles);
    const struct sealift_error *common = common_trouble(troubles), *ended = cancelled(troubles);
    char text[sizeof(err->message)] = "";

    if (ended != NULL) {
        *err = *ended;
        return err->status;
    }
    if (common != NULL)
        append_cut(text, sizeof(text), common->message, sizeof(text) - ROUNDS_ROOM);
    else
        list_troubles(troubles, text, sizeof(text));
    status = error_set(err, status, "%s", text);
    return rounds > 1 ? error_hint(err, "gave up after %u tries", rounds) : status;
}
