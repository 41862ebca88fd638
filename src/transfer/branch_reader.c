#include "branch_reader.h"

#include "error.h"
#include "scoped.h"
#include "shown_path.h"

#include <stdlib.h>

struct branch_reader {
    const struct world *world;
    struct branch_request request;
    struct snapshot_tree tree;
    struct snapshot_tree aside; /* for what hard links lead to */
    struct tree_reader *at;     /* one of the two */
    struct lost_links *lost;

    size_t branch; /* that is being read, or comes next */
    size_t given;  /* of its path: how far down to it the directories were given */
    bool is_inside;
};

enum sealift_status
branch_reader_new(const struct world *world, struct store *store, const struct branch_request *request,
                  struct branch_reader **ret_reader, struct sealift_error *err)
{
    SCOPED(branch_reader_free) struct branch_reader *reader = calloc(1, sizeof(*reader));

    if (reader == NULL)
        return error_no_memory(err);
    reader->world = world;
    reader->request = *request;
    TRY(snapshot_tree_open(store, request->fs_key, request->manifest, &reader->tree, err));
    reader->at = reader->tree.reader;
    if (request->branches != NULL) {
        TRY(snapshot_tree_open(store, request->fs_key, request->manifest, &reader->aside, err));
        TRY(lost_links_new(world, request->memory, &reader->lost, err));
    }
    *ret_reader = TAKE(reader);
    return SEALIFT_OK;
}

void
branch_reader_free(struct branch_reader **reader)
{
    if (*reader == NULL)
        return;
    lost_links_free(&(*reader)->lost);
    snapshot_tree_done(&(*reader)->aside);
    snapshot_tree_done(&(*reader)->tree);
    free(*reader);
    *reader = NULL;
}

const struct branches *
branch_reader_branches(const struct branch_reader *reader)
{
    return reader->request.branches;
}

struct tree_reader *
branch_reader_at(struct branch_reader *reader)
{
    return reader->at;
}

uint64_t
branch_reader_fetched(const struct branch_reader *reader)
{
    uint64_t fetched = frame_source_fetched(reader->tree.frames);

    return fetched + (reader->aside.frames != NULL ? frame_source_fetched(reader->aside.frames) : 0);
}

uint64_t
branch_reader_requests(const struct branch_reader *reader)
{
    uint64_t requests = frame_source_requests(reader->tree.frames);

    return requests + (reader->aside.frames != NULL ? frame_source_requests(reader->aside.frames) : 0);
}

enum sealift_status
branch_reader_check(struct branch_reader *reader, struct sealift_error *err)
{
    struct tree_entry entry;

    for (size_t i = 0; i < branches_count(reader->request.branches); i++) {
        TRY(world_check_cancel(reader->world, err));
        TRY(snapshot_tree_find(&reader->tree, branches_at(reader->request.branches, i), &entry, err));
    }
    return SEALIFT_OK;
}

enum sealift_status
branch_reader_rewind(struct branch_reader *reader, struct sealift_error *err)
{
    reader->branch = reader->given = 0;
    reader->is_inside = false;
    if (reader->request.branches == NULL)
        return tree_reader_seek(reader->tree.reader, (struct bytes){0}, err);
    lost_links_free(&reader->lost);
    return lost_links_new(reader->world, reader->request.memory, &reader->lost, err);
}

/* Goes on to the next branch. What lies above both it and the one before was given. */
static void
leave_branch(struct branch_reader *reader)
{
    const struct branches *branches = reader->request.branches;
    struct bytes before = branches_at(branches, reader->branch), above = {0};

    reader->is_inside = false;
    reader->branch++;
    if (reader->branch < branches_count(branches)) {
        above = tree_path_parent(branches_at(branches, reader->branch));
        while (!tree_path_is_within(before, above))
            above = tree_path_parent(above);
    }
    reader->given = above.len;
}

/* The branch was found below it when it was looked for; but each reading fetches the tree anew, and somebody who holds
 * the key may have put another there meanwhile. */
static enum sealift_status
check_above(const struct tree_entry *entry, struct bytes branch, struct sealift_error *err)
{
    if (entry->type == TREE_DIRECTORY)
        return SEALIFT_OK;
    return error_set(err, SEALIFT_CORRUPT,
                     "%s: is no directory of the tree, though %s lies in it: the tree is not what was uploaded. Verify "
                     "the snapshot, and find out who else writes to the store",
                     shown_path(entry->path).text, shown_path(branch).text);
}

/* One more directory on the way to the branch, and at last the branch. */
static enum sealift_status
step_down(struct branch_reader *reader, struct tree_entry *ret_entry, struct sealift_error *err)
{
    struct bytes branch = branches_at(reader->request.branches, reader->branch);
    struct bytes step = tree_path_step((struct bytes){branch.data, reader->given}, branch);

    TRY(snapshot_tree_find(&reader->tree, step, ret_entry, err));
    reader->given = step.len;
    if (step.len < branch.len)
        return check_above(ret_entry, branch, err);
    if (ret_entry->type == TREE_DIRECTORY)
        reader->is_inside = true;
    else
        leave_branch(reader);
    return SEALIFT_OK;
}

/* What comes next of the branch; *ret_end when there is no more of it. */
static enum sealift_status
next_inside(struct branch_reader *reader, struct tree_entry *ret_entry, bool *ret_end, struct sealift_error *err)
{
    struct bytes branch = branches_at(reader->request.branches, reader->branch);
    struct tree_entry entry;
    bool end;

    TRY(tree_reader_next(reader->tree.reader, &entry, &end, err));
    end = end || !tree_path_is_within(entry.path, branch);
    if (!end)
        *ret_entry = entry;
    *ret_end = end;
    return SEALIFT_OK;
}

static enum sealift_status
next_of_branches(struct branch_reader *reader, struct tree_entry *ret_entry, bool *ret_end, struct sealift_error *err)
{
    bool is_over = true;

    if (reader->is_inside) {
        TRY(next_inside(reader, ret_entry, &is_over, err));
        if (is_over)
            leave_branch(reader);
    }
    if (is_over && reader->branch == branches_count(reader->request.branches)) {
        *ret_end = true;
        return SEALIFT_OK;
    }
    if (is_over)
        TRY(step_down(reader, ret_entry, err));
    *ret_end = false;
    return SEALIFT_OK;
}

enum sealift_status
branch_reader_next(struct branch_reader *reader, struct tree_entry *ret_entry, bool *ret_end, struct sealift_error *err)
{
    reader->at = reader->tree.reader;
    if (reader->request.branches == NULL)
        return tree_reader_next(reader->tree.reader, ret_entry, ret_end, err);
    return next_of_branches(reader, ret_entry, ret_end, err);
}

/* Somebody who holds the key may let a link lead anywhere. */
static enum sealift_status
check_first(const struct tree_entry *link, const struct tree_entry *first, struct sealift_error *err)
{
    if (first->type != TREE_HARD_LINK && first->type != TREE_DIRECTORY)
        return SEALIFT_OK;
    return error_set(err, SEALIFT_CORRUPT, "%s: is a hard link to %s, which can have no second name",
                     shown_path(link->path).text, shown_path(first->path).text);
}

/* The entry becomes what it is another name of. */
static enum sealift_status
become_first(struct branch_reader *reader, struct tree_entry *entry, struct sealift_error *err)
{
    struct tree_entry first;
    enum sealift_status status = snapshot_tree_find(&reader->aside, entry->target, &first, err);

    if (status == SEALIFT_NOT_FOUND)
        return error_set(err, SEALIFT_CORRUPT, "%s: is a hard link to %s, which is not in the tree",
                         shown_path(entry->path).text, shown_path(entry->target).text);
    TRY(status);
    TRY(check_first(entry, &first, err));
    first.path = entry->path;
    *entry = first;
    reader->at = reader->aside.reader;
    return SEALIFT_OK;
}

enum sealift_status
branch_reader_resolve(struct branch_reader *reader, struct tree_entry *entry, struct sealift_error *err)
{
    const struct branches *branches = reader->request.branches;
    enum link_fate fate;
    struct bytes heir;

    if (entry->type != TREE_HARD_LINK || branches == NULL || branches_hold(branches, entry->target))
        return SEALIFT_OK;
    TRY(lost_links_find(reader->lost, entry->target, &fate, &heir, err));
    if (fate == LINK_INHERITED) {
        entry->target = heir;
        return SEALIFT_OK;
    }
    if (fate == LINK_STANDS)
        TRY(lost_links_add(reader->lost, entry->target, err));
    TRY(lost_links_inherit(reader->lost, entry->target, entry->path, err));
    return become_first(reader, entry, err);
}
