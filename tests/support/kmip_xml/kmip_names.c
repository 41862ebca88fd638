#include "kmip_names.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 2000

static struct name {
    char set[48]; /* "Tag" for a tag */
    char name[96];
    char values[48]; /* of a tag: the set that names its values */
    uint32_t number;
} names[NAMES_MAX];
static size_t name_count;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
give_up(const char *path, const char *line)
{
    fprintf(stderr, "%s: cannot be read: %s\n", path, line);
    exit(2);
}

static void
keep(const char *path, const char *line, bool is_tag)
{
    struct name *name = &names[name_count];
    int fields;

    if (name_count == NAMES_MAX)
        give_up(path, "too many lines");
    if (is_tag) {
        fields = sscanf(line, "%6x\t%95s\t%47s", &name->number, name->name, name->values);
        strcpy(name->set, "Tag");
    } else {
        fields = sscanf(line, "%47s\t%8x\t%95s", name->set, &name->number, name->name);
    }
    if (fields < (is_tag ? 2 : 3))
        give_up(path, line);
    name_count++;
}

static void
load(const char *path, bool is_tag)
{
    FILE *file = fopen(path, "r");
    char line[256];

    if (file == NULL)
        give_up(path, "there is no such file");
    while (fgets(line, sizeof(line), file) != NULL)
        keep(path, line, is_tag);
    fclose(file);
}

static void
load_all(void)
{
    load(KMIP_TABLES "/tags.tsv", true);
    load(KMIP_TABLES "/enumerations.tsv", false);
    load(KMIP_TABLES "/masks.tsv", false);
}

static bool
is_same(const char *a, const char *b)
{
    for (;;) {
        while (*a != '\0' && !isalnum((unsigned char)*a))
            a++;
        while (*b != '\0' && !isalnum((unsigned char)*b))
            b++;
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (*a == '\0')
            return true;
        a++, b++;
    }
}

static const struct name *
find(const char *set, const char *name)
{
    pthread_once(&once, load_all);
    for (size_t i = 0; i < name_count; i++)
        if (is_same(names[i].set, set) && is_same(names[i].name, name))
            return &names[i];
    return NULL;
}

bool
kmip_names_value(const char *set, const char *name, uint32_t *ret_value)
{
    const struct name *found = find(set, name);

    if (found != NULL)
        *ret_value = found->number;
    return found != NULL;
}

bool
kmip_names_tag(const char *name, uint32_t *ret_tag)
{
    return kmip_names_value("Tag", name, ret_tag);
}

const char *
kmip_names_set_of(const char *tag_name)
{
    const struct name *found = find("Tag", tag_name);

    return found != NULL && found->values[0] != '\0' ? found->values : NULL;
}

size_t
kmip_names_count(void)
{
    pthread_once(&once, load_all);
    return name_count;
}
