#include "selection_spec.h"

#include "error.h"
#include "io.h"
#include "scoped.h"

#include <string.h>

#define FILE_MAX ((size_t)1 << 20) /* comments may be long; the patterns must fit into SELECTION_MAX */

static enum sealift_status
add_file(const char *path, struct selection *selection, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf lines = {0};
    bool is_input = strcmp(path, "-") == 0;

    TRY(io_read_file(is_input ? "/dev/stdin" : path, FILE_MAX, &lines, err));
    return selection_add_lines(selection, buf_bytes(&lines), is_input ? "standard input" : path, err);
}

enum sealift_status
selection_spec_gather(const struct sealift_selection_spec *spec, struct selection *selection, struct sealift_error *err)
{
    for (const char *const *path = spec->exclude_from; path != NULL && *path != NULL; path++)
        TRY(add_file(*path, selection, err));
    for (const char *const *pattern = spec->exclude; pattern != NULL && *pattern != NULL; pattern++)
        TRY(selection_add(selection, *pattern, err));
    selection->exclude_caches |= spec->exclude_caches;
    selection->exclude_nodump |= spec->exclude_nodump;
    return SEALIFT_OK;
}

enum sealift_status
selection_spec_store(const struct sealift_selection_spec *spec, char out[SELECTION_MAX], struct sealift_error *err)
{
    SCOPED(selection_done) struct selection selection = {0};

    TRY(selection_spec_gather(spec, &selection, err));
    return selection_write(&selection, out, err);
}
