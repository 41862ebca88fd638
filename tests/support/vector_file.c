#include "vector_file.h"

#include "scoped.h"

#include <stdlib.h>
#include <string.h>

static _Noreturn void
give_up(const struct vector_file *vectors, const char *why)
{
    fprintf(stderr, "%s: %s\n", vectors->path, why);
    abort();
}

void
vector_file_open(struct vector_file *vectors, const char *path)
{
    *vectors = (struct vector_file){.path = path, .file = fopen(path, "r")};
    if (vectors->file == NULL)
        give_up(vectors, "cannot open");
}

static void
forget_case(struct vector_file *vectors)
{
    for (size_t i = 0; i < vectors->count; i++) {
        free_done(&vectors->fields[i].value);
        buf_done(&vectors->fields[i].decoded);
    }
    vectors->count = 0;
}

void
vector_file_done(struct vector_file *vectors)
{
    forget_case(vectors);
    fclose(vectors->file);
}

/* "Name = value", "Name =" or "Name". */
static const char *
keep_field(struct vector_file *vectors, char *line)
{
    struct vector_field *field = &vectors->fields[vectors->count];
    char *name = line, *value = strchr(line, '=');

    if (vectors->count == VECTOR_FIELDS)
        give_up(vectors, "a case with too many fields");
    value = value != NULL ? value + 1 + strspn(value + 1, " ") : line + strlen(line);
    name[strcspn(name, " =")] = '\0';
    snprintf(field->name, sizeof(field->name), "%s", name);
    field->value = strdup(value);
    vectors->count++;
    return field->name;
}

bool
vector_file_next(struct vector_file *vectors, const char *end, const char *other_end)
{
    SCOPED(free_done) char *line = NULL;
    size_t size = 0;

    forget_case(vectors);
    while (getline(&line, &size, vectors->file) > 0) {
        const char *name;

        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '\0' || line[0] == '#' || line[0] == '[')
            continue;
        name = keep_field(vectors, line);
        if (strcmp(name, end) == 0 || (other_end != NULL && strcmp(name, other_end) == 0))
            return true;
    }
    return false;
}

static struct vector_field *
find_field(struct vector_file *vectors, const char *name)
{
    for (size_t i = 0; i < vectors->count; i++)
        if (strcmp(vectors->fields[i].name, name) == 0)
            return &vectors->fields[i];
    return NULL;
}

bool
vector_file_has(struct vector_file *vectors, const char *name)
{
    return find_field(vectors, name) != NULL;
}

struct bytes
vector_file_bytes(struct vector_file *vectors, const char *name)
{
    struct vector_field *field = find_field(vectors, name);
    struct sealift_error err;

    if (field == NULL)
        give_up(vectors, "a case without a field that the test needs");
    buf_clear(&field->decoded);
    for (const char *at = field->value; *at != '\0'; at += 2) {
        unsigned byte;

        if (sscanf(at, "%2x", &byte) != 1 || at[1] == '\0' ||
            buf_append(&field->decoded, &(uint8_t){(uint8_t)byte}, 1, &err) != SEALIFT_OK)
            give_up(vectors, "a field that is not hexadecimal");
    }
    return buf_bytes(&field->decoded);
}

size_t
vector_file_number(struct vector_file *vectors, const char *name)
{
    struct vector_field *field = find_field(vectors, name);

    if (field == NULL)
        give_up(vectors, "a case without a field that the test needs");
    return strtoul(field->value, NULL, 10);
}
