/* A tree's entries without the contents of files: what a download goes through once more at the end, for the attributes
 * of directories, and for what may only be set when all is there. */
#include "error.h"
#include "frame_source.h"
#include "reading.h"
#include "scoped.h"
#include "tree_reader.h"

#define READ_AHEAD ((size_t)1 << 20)

struct pass {
    const struct world *world;
    struct frame_source *tree;
    struct frame_source *single;
    struct tree_reader *reader;
    struct buf xattrs;
};

static void
pass_done(struct pass *pass)
{
    buf_done(&pass->xattrs);
    tree_reader_free(&pass->reader);
    frame_source_free(&pass->single);
    frame_source_free(&pass->tree);
}

static enum sealift_status
next_entry(struct pass *pass, struct tree_entry *ret_entry, bool *ret_end, struct sealift_error *err)
{
    TRY(world_check_cancel(pass->world, err));
    TRY(tree_reader_next(pass->reader, ret_entry, ret_end, err));
    if (*ret_end)
        return SEALIFT_OK;
    return frame_source_xattrs(pass->single, pass->reader, ret_entry, &pass->xattrs, err);
}

static enum sealift_status
open_tree(struct pass *pass, struct store *store, const struct reading_request *request, struct sealift_error *err)
{
    const struct manifest *manifest = request->manifest;

    TRY(frame_source_new(store, request->fs_key, &manifest->fs, READ_AHEAD, &pass->tree, err));
    TRY(frame_source_new(store, request->fs_key, &manifest->fs, 0, &pass->single, err));
    return tree_reader_new(&manifest->parts[0], frame_source_fetch, pass->tree, &pass->reader, err);
}

enum sealift_status
reading_entries(const struct world *world, struct store *store, const struct reading_request *request,
                enum sealift_status (*each)(void *context, const struct tree_entry *entry, struct sealift_error *err),
                void *context, struct sealift_error *err)
{
    SCOPED(pass_done) struct pass pass = {.world = world};

    TRY(open_tree(&pass, store, request, err));
    for (;;) {
        struct tree_entry entry;
        bool end;

        TRY(next_entry(&pass, &entry, &end, err));
        if (end)
            return SEALIFT_OK;
        TRY(each(context, &entry, err));
    }
}
