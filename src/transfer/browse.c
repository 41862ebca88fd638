#include "browse.h"

#include "scoped.h"
#include "snapshot_tree.h"

struct browse {
    const struct world *world;
    const struct browse_request *request;
    struct snapshot_tree tree;
    struct buf behind; /* the folder that is not looked into */
    enum sealift_status (*each)(void *context, const struct tree_entry *entry, struct sealift_error *err);
    void *context;
    uint64_t entries;
};

static void
browse_done(struct browse *browse)
{
    buf_done(&browse->behind);
    snapshot_tree_done(&browse->tree);
}

static enum sealift_status
show(struct browse *browse, const struct tree_entry *entry, struct sealift_error *err)
{
    browse->entries++;
    return browse->each(browse->context, entry, err);
}

static enum sealift_status
pass_over(struct browse *browse, struct bytes folder, struct sealift_error *err)
{
    buf_clear(&browse->behind);
    TRY(tree_path_append_behind(folder, &browse->behind, err));
    return tree_reader_seek(browse->tree.reader, buf_bytes(&browse->behind), err);
}

static enum sealift_status
show_below(struct browse *browse, struct sealift_error *err)
{
    const struct browse_request *request = browse->request;

    for (;;) {
        struct tree_entry entry;
        bool end;

        TRY(world_check_cancel(browse->world, err));
        TRY(tree_reader_next(browse->tree.reader, &entry, &end, err));
        if (end || !tree_path_is_within(entry.path, request->path))
            return SEALIFT_OK;
        TRY(show(browse, &entry, err));
        if (entry.type == TREE_DIRECTORY && !request->recursive)
            TRY(pass_over(browse, entry.path, err));
    }
}

enum sealift_status
browse_run(const struct world *world, struct store *store, const struct browse_request *request,
           enum sealift_status (*each)(void *context, const struct tree_entry *entry, struct sealift_error *err),
           void *context, struct browse_outcome *ret_outcome, struct sealift_error *err)
{
    SCOPED(browse_done)
    struct browse browse = {.world = world, .request = request, .each = each, .context = context};
    struct tree_entry entry;

    TRY(snapshot_tree_open(store, request->fs_key, request->manifest, &browse.tree, err));
    TRY(snapshot_tree_find(&browse.tree, request->path, &entry, err));
    if (entry.type == TREE_DIRECTORY)
        TRY(show_below(&browse, err));
    else
        TRY(show(&browse, &entry, err));
    *ret_outcome = (struct browse_outcome){
        .entries = browse.entries,
        .fetched = frame_source_fetched(browse.tree.frames),
        .requests = frame_source_requests(browse.tree.frames),
    };
    return SEALIFT_OK;
}
