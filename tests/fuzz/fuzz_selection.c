/* Patterns, then an empty line, then a path that they are put to. */
#include "scoped.h"
#include "selection.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is stored says the same when it is read again. */
static void
come_back(const struct selection *selection, struct bytes path)
{
    SCOPED(selection_done) struct selection again = {0};
    struct verdict before = selection_judge(selection, path), after;
    char json[SELECTION_MAX];
    struct sealift_error err;

    if (selection_write(selection, json, &err) != SEALIFT_OK)
        return;
    if (selection_read(&again, json, &err) != SEALIFT_OK || again.count != selection->count)
        abort();
    after = selection_judge(&again, path);
    if ((before.directory == NULL) != (after.directory == NULL) || (before.other == NULL) != (after.other == NULL))
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(selection_done) struct selection selection = {0};
    const uint8_t *blank = memmem(data, size, "\n\n", 2);
    struct bytes lines = {data, blank != NULL ? (size_t)(blank - data) : size};
    struct bytes path = {data + lines.len, size - lines.len};
    struct sealift_error err;

    if (blank != NULL)
        path = (struct bytes){blank + 2, path.len - 2};
    if (selection_add_lines(&selection, lines, "input", &err) == SEALIFT_OK && path.len > 0)
        come_back(&selection, path);
    return 0;
}
