#include "glob.h"

#include <ctype.h>
#include <string.h>

static const struct {
    const char *name;
    int (*holds)(int byte);
} classes[] = {
    {"alnum", isalnum}, {"alpha", isalpha}, {"blank", isblank}, {"cntrl", iscntrl},
    {"digit", isdigit}, {"graph", isgraph}, {"lower", islower}, {"print", isprint},
    {"punct", ispunct}, {"space", isspace}, {"upper", isupper}, {"xdigit", isxdigit},
};
#define CLASSES (sizeof(classes) / sizeof(classes[0]))

/* A set on its way to be read: `at` stands before what comes next. */
struct set {
    struct bytes glob;
    size_t at;
    uint8_t byte; /* that is looked for */
    bool found;
    int low; /* the member before, which may begin a range; -1: none */
};

static bool
is_next(const struct set *set, char c)
{
    return set->at < set->glob.len && set->glob.data[set->at] == c;
}

static bool
take_member(struct set *set, int *ret_member)
{
    if (is_next(set, '\\'))
        set->at++;
    if (set->at == set->glob.len)
        return false;
    *ret_member = set->glob.data[set->at++];
    return true;
}

/* Behind "[:": the length of the class's name with its ':'; 0 when no ":]" ends it, and the bracket is a member like
 * any other. */
static size_t
class_length(const struct set *set)
{
    const uint8_t *from = set->glob.data + set->at + 2;
    const uint8_t *end = memchr(from, ']', set->glob.len - set->at - 2);

    return end != NULL && end > from && end[-1] == ':' ? (size_t)(end - from) : 0;
}

static bool
take_class(struct set *set, size_t len)
{
    const char *name = (const char *)set->glob.data + set->at + 2;

    for (size_t i = 0; i < CLASSES; i++) {
        if (strlen(classes[i].name) != len - 1 || memcmp(classes[i].name, name, len - 1) != 0)
            continue;
        set->found = set->found || (set->byte < 0x80 && classes[i].holds(set->byte) != 0);
        set->at += 2 + len + 1;
        set->low = -1;
        return true;
    }
    return false;
}

static bool
take_range(struct set *set)
{
    int high;

    set->at++;
    if (!take_member(set, &high))
        return false;
    set->found = set->found || (set->low <= set->byte && set->byte <= high);
    set->low = -1;
    return true;
}

/* A member, a range that the member before begins, or a class. False: there is none. */
static bool
take_part(struct set *set)
{
    bool is_range = is_next(set, '-') && set->low >= 0 && set->at + 1 < set->glob.len;
    bool is_class = is_next(set, '[') && set->at + 2 < set->glob.len && set->glob.data[set->at + 1] == ':';
    size_t len = is_class ? class_length(set) : 0;

    if (is_range && set->glob.data[set->at + 1] != ']')
        return take_range(set);
    if (len > 0)
        return take_class(set, len);
    if (!take_member(set, &set->low))
        return false;
    set->found = set->found || set->low == set->byte;
    return true;
}

/* "[...]", whose first member may be a ']'. */
static bool
take_set(struct bytes glob, size_t *at, uint8_t byte, bool *ret_matches)
{
    struct set set = {.glob = glob, .at = *at + 1, .byte = byte, .low = -1};
    bool negated = is_next(&set, '!') || is_next(&set, '^');

    set.at += negated ? 1 : 0;
    do {
        if (!take_part(&set))
            return false;
    } while (!is_next(&set, ']'));
    *at = set.at + 1;
    *ret_matches = set.found != negated;
    return true;
}

/* What stands for one byte: moves *at behind it, and says whether it stands for `byte`. False: it has a flaw. */
static bool
take_element(struct bytes glob, size_t *at, uint8_t byte, bool *ret_matches)
{
    switch (glob.data[*at]) {
    case '[':
        return take_set(glob, at, byte, ret_matches);
    case '?':
        *ret_matches = true;
        break;
    case '\\':
        if (++*at == glob.len)
            return false;
        *ret_matches = glob.data[*at] == byte;
        break;
    default:
        *ret_matches = glob.data[*at] == byte;
    }
    ++*at;
    return true;
}

static bool
matches_byte(struct bytes glob, size_t *at, uint8_t byte)
{
    size_t behind = *at;
    bool matches;

    if (*at == glob.len || !take_element(glob, &behind, byte, &matches) || !matches)
        return false;
    *at = behind;
    return true;
}

/* Only the last star ever needs to take more: what stands before it has matched as early as it could. */
bool
glob_matches(struct bytes glob, struct bytes name)
{
    size_t at = 0, i = 0, behind_star = 0, retry = 0;
    bool has_star = false;

    for (;;) {
        while (at < glob.len && glob.data[at] == '*') {
            behind_star = ++at;
            retry = i;
            has_star = true;
        }
        if (i == name.len)
            return at == glob.len;
        if (matches_byte(glob, &at, name.data[i])) {
            i++;
            continue;
        }
        if (!has_star)
            return false;
        at = behind_star;
        i = ++retry;
    }
}

const char *
glob_flaw(struct bytes glob)
{
    bool matches;

    for (size_t at = 0; at < glob.len;) {
        size_t element = at;

        if (take_element(glob, &at, 0, &matches))
            continue;
        return glob.data[element] == '[' ? "a '[' begins no set (one that means itself is written \\[)"
                                         : "a backslash with nothing behind it takes the meaning from nothing";
    }
    return NULL;
}
