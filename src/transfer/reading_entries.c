/* A tree's entries without the contents of files: what a download goes through once more at the end, for the attributes
 * of directories, and for what may only be set when all is there. */
#include "reading.h"
#include "scoped.h"

struct pass {
    const struct world *world;
    struct branch_reader *reader; /* of the request, or ours */
    struct branch_reader *own;
    struct frame_source *single;
    struct buf xattrs;
};

static void
pass_done(struct pass *pass)
{
    buf_done(&pass->xattrs);
    branch_reader_free(&pass->own);
    frame_source_free(&pass->single);
}

static enum sealift_status
next_entry(struct pass *pass, struct tree_entry *ret_entry, bool *ret_end, struct sealift_error *err)
{
    TRY(world_check_cancel(pass->world, err));
    TRY(branch_reader_next(pass->reader, ret_entry, ret_end, err));
    if (*ret_end)
        return SEALIFT_OK;
    TRY(branch_reader_resolve(pass->reader, ret_entry, err));
    return frame_source_xattrs(pass->single, branch_reader_at(pass->reader), ret_entry, &pass->xattrs, err);
}

static enum sealift_status
open_tree(struct pass *pass, struct store *store, const struct reading_request *request, struct sealift_error *err)
{
    const struct branch_request all = {.manifest = request->manifest, .fs_key = request->fs_key};

    TRY(frame_source_new(store, request->fs_key, &request->manifest->fs, 0, &pass->single, err));
    pass->reader = request->branches;
    if (pass->reader != NULL)
        return branch_reader_rewind(pass->reader, err);
    TRY(branch_reader_new(pass->world, store, &all, &pass->own, err));
    pass->reader = pass->own;
    return SEALIFT_OK;
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
