#include "tree_reader.h"

#include "error.h"
#include "scoped.h"
#include "tree_entry.h"
#include "tree_index.h"

#include <stdlib.h>

struct level {
    struct tree_frame frame;
    struct frame_ref ref;
    bool is_loaded;
    struct buf key; /* what the index above says of its first item; see is_first */
    bool is_first;  /* nothing has been read of it */
};

struct tree_reader {
    tree_fetch *fetch;
    void *context;
    struct tree_root root;
    unsigned at;                             /* the level that is being read; root.level: the root frame */
    struct level levels[TREE_MAX_LEVEL + 1]; /* one frame a level; 0 are the entries */

    struct buf paths[2]; /* of the last entry, and of the one before: by turns */
    unsigned turn;
    bool has_last; /* an entry has been read here, and what follows must be greater */

    struct buf wanted;  /* what was sought last ... */
    struct bytes from;  /* ... a view of it: entries before are passed over. Empty: all are wanted */
    struct buf present; /* a directory of the tree: the deepest that the entry to come may lie in */

    struct tree_list_cursor content, xattrs; /* of the last entry */
};

enum sealift_status
tree_reader_new(const struct tree_root *root, tree_fetch *fetch, void *context, struct tree_reader **ret_reader,
                struct sealift_error *err)
{
    struct tree_reader *reader;

    if (root->level > TREE_MAX_LEVEL || root->frame.segment.kind != SEGMENT_TREE ||
        !frame_ref_is_possible(&root->frame))
        return error_set(err, SEALIFT_CORRUPT, "a tree cannot begin where it is said to");
    reader = calloc(1, sizeof(*reader));
    if (reader == NULL)
        return error_no_memory(err);
    reader->root = *root;
    reader->fetch = reader->content.fetch = reader->xattrs.fetch = fetch;
    reader->context = reader->content.context = reader->xattrs.context = context;
    *ret_reader = reader;
    return SEALIFT_OK;
}

void
tree_reader_free(struct tree_reader **reader)
{
    if (*reader != NULL) {
        for (unsigned i = 0; i <= TREE_MAX_LEVEL; i++) {
            tree_frame_done(&(*reader)->levels[i].frame);
            buf_done(&(*reader)->levels[i].key);
        }
        buf_done(&(*reader)->paths[0]);
        buf_done(&(*reader)->paths[1]);
        buf_done(&(*reader)->wanted);
        buf_done(&(*reader)->present);
        tree_list_cursor_done(&(*reader)->content);
        tree_list_cursor_done(&(*reader)->xattrs);
    }
    free(*reader);
    *reader = NULL;
}

static enum sealift_status
fetch_frame(struct tree_reader *reader, unsigned level, const struct frame_ref *ref, struct sealift_error *err)
{
    struct level *to = &reader->levels[level];

    if (to->is_loaded && frame_ref_equal(&to->ref, ref)) {
        tree_frame_rewind(&to->frame);
        return SEALIFT_OK;
    }
    to->is_loaded = false;
    to->ref = *ref;
    TRY(tree_frame_load(&to->frame, reader->fetch, reader->context, ref,
                        level > 0 ? TREE_FRAME_INDEX : TREE_FRAME_ENTRIES, level, err));
    to->is_loaded = true;
    return SEALIFT_OK;
}

/* Stands before the first item of the frame, which its index knows by `key`. */
static enum sealift_status
load(struct tree_reader *reader, unsigned level, const struct frame_ref *ref, struct bytes key,
     struct sealift_error *err)
{
    struct level *to = &reader->levels[level];

    buf_clear(&to->key);
    TRY(buf_append_bytes(&to->key, key, err));
    to->is_first = true;
    reader->at = level;
    return fetch_frame(reader, level, ref, err);
}

static enum sealift_status
load_root(struct tree_reader *reader, struct sealift_error *err)
{
    return load(reader, reader->root.level, &reader->root.frame, (struct bytes){0}, err);
}

/* The index must not promise another beginning than the frame has: a search would go astray. So its keys ascend as the
 * entries do. The root has nothing above it, and begins with the root's entry, whose path is empty, as
 * its key is here. */
static enum sealift_status
check_key(struct level *level, struct bytes key, struct sealift_error *err)
{
    if (level->is_first && !bytes_equal(key, buf_bytes(&level->key)))
        return error_set(err, SEALIFT_CORRUPT, "it does not begin with what its index says");
    level->is_first = false;
    return SEALIFT_OK;
}

static enum sealift_status
cut_child(struct level *level, struct bytes *ret_key, struct frame_ref *ret_ref, struct sealift_error *err)
{
    TRY(tree_index_cut(&level->frame, ret_key, ret_ref, err));
    return check_key(level, *ret_key, err);
}

static enum sealift_status
descend(struct tree_reader *reader, struct sealift_error *err)
{
    struct level *from = &reader->levels[reader->at];
    struct frame_ref ref;
    struct bytes key;

    if (cut_child(from, &key, &ref, err) != SEALIFT_OK)
        return tree_frame_prefix(&from->ref, err);
    return load(reader, reader->at - 1, &ref, key, err);
}

/* Goes on to a frame of entries that has one left; *ret_end when the whole tree is read. */
static enum sealift_status
find_entry(struct tree_reader *reader, bool *ret_end, struct sealift_error *err)
{
    if (!reader->levels[reader->root.level].is_loaded)
        TRY(load_root(reader, err));
    for (;;) {
        struct level *level = &reader->levels[reader->at];
        bool is_read;

        if (tree_frame_is_read(&level->frame, &is_read, err) != SEALIFT_OK)
            return tree_frame_prefix(&level->ref, err);
        if (!is_read && reader->at == 0)
            break;
        if (is_read && reader->at == reader->root.level) {
            *ret_end = true;
            return SEALIFT_OK;
        }
        if (is_read)
            reader->at++;
        else
            TRY(descend(reader, err));
    }
    *ret_end = false;
    return SEALIFT_OK;
}

/* Cuts the next entry, wanted or not; it must stand behind all others. */
static enum sealift_status
read_entry(struct tree_reader *reader, struct tree_entry *ret_entry, struct tree_content *ret_content,
           struct sealift_error *err)
{
    struct level *level = &reader->levels[0];
    struct bytes last = buf_bytes(&reader->paths[reader->turn]);
    struct buf *path = &reader->paths[reader->turn ^ 1];
    char shown[TREE_PATH_SHOWN];

    if (tree_entry_cut(&level->frame, level->is_first ? (struct bytes){0} : last, path, ret_entry, ret_content, err) !=
            SEALIFT_OK ||
        check_key(level, tree_key_of(ret_entry->path), err) != SEALIFT_OK)
        return tree_frame_prefix(&level->ref, err);
    if (reader->has_last && tree_path_compare(last, ret_entry->path) >= 0)
        return error_set(err, SEALIFT_CORRUPT, "entry %s: is out of order", tree_path_show(ret_entry->path, shown));
    reader->turn ^= 1;
    reader->has_last = true;
    return SEALIFT_OK;
}

/* The parents of a directory that is present have been seen as well, so a directory on the way to it, or it itself, are
 * all that the entry can lie in. The root is what its index begins with, and lies in nothing. */
static enum sealift_status
check_place(const struct tree_reader *reader, const struct tree_entry *entry, struct sealift_error *err)
{
    if (entry->path.len == 0 && entry->type != TREE_DIRECTORY)
        return error_set(err, SEALIFT_CORRUPT, "a tree begins with its root directory");
    if (!tree_path_is_within(buf_bytes(&reader->present), tree_path_parent(entry->path)))
        return error_set(err, SEALIFT_CORRUPT, "is in no directory of the tree");
    if (entry->type == TREE_HARD_LINK &&
        (tree_path_compare(entry->target, entry->path) >= 0 || tree_path_is_within(entry->path, entry->target)))
        return error_set(err, SEALIFT_CORRUPT, "is a hard link to something that cannot have come before it");
    return SEALIFT_OK;
}

static enum sealift_status
note_present(struct tree_reader *reader, const struct tree_entry *entry, struct sealift_error *err)
{
    buf_clear(&reader->present);
    return buf_append_bytes(&reader->present,
                            entry->type == TREE_DIRECTORY ? entry->path : tree_path_parent(entry->path), err);
}

static enum sealift_status
give_entry(struct tree_reader *reader, const struct tree_entry *entry, const struct tree_content *content,
           struct sealift_error *err)
{
    const struct tree_frame *frame = &reader->levels[0].frame;
    char shown[TREE_PATH_SHOWN];

    if (check_place(reader, entry, err) != SEALIFT_OK)
        return error_prefix(err, "entry %s", tree_path_show(entry->path, shown));
    reader->from = (struct bytes){0};
    tree_list_cursor_begin(&reader->content, frame, content->level, content->items, &entry->size);
    tree_list_cursor_begin(&reader->xattrs, frame, 0, entry->xattr_list, NULL);
    return note_present(reader, entry, err);
}

enum sealift_status
tree_reader_next(struct tree_reader *reader, struct tree_entry *ret_entry, bool *ret_end, struct sealift_error *err)
{
    struct tree_content content;
    struct tree_entry entry;

    do {
        bool end;

        TRY(find_entry(reader, &end, err));
        if (end) {
            *ret_end = true;
            return SEALIFT_OK;
        }
        TRY(read_entry(reader, &entry, &content, err));
    } while (tree_path_compare(entry.path, reader->from) < 0);

    TRY(give_entry(reader, &entry, &content, err));
    *ret_entry = entry;
    *ret_end = false;
    return SEALIFT_OK;
}

/* Of the children, the last whose key is less, or the first: what is sought may lie in it, and in nothing before. */
static enum sealift_status
cut_child_before(struct level *level, struct bytes key, struct buf *child_key, struct frame_ref *ret_ref,
                 struct sealift_error *err)
{
    bool is_read = false;

    for (bool is_first = true; !is_read; is_first = false) {
        struct tree_frame before = level->frame;
        struct frame_ref ref;
        struct bytes next;

        TRY(cut_child(level, &next, &ref, err));
        if (!is_first && tree_path_compare(next, buf_bytes(child_key)) < 0)
            return error_set(err, SEALIFT_CORRUPT, "its keys are out of order");
        if (!is_first && tree_path_compare(next, key) >= 0) {
            level->frame = before;
            break;
        }
        buf_clear(child_key);
        TRY(buf_append_bytes(child_key, next, err));
        *ret_ref = ref;
        TRY(tree_frame_is_read(&level->frame, &is_read, err));
    }
    return SEALIFT_OK;
}

static enum sealift_status
descend_before(struct tree_reader *reader, struct bytes key, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf child_key = {0};
    struct level *from = &reader->levels[reader->at];
    struct frame_ref ref;

    if (cut_child_before(from, key, &child_key, &ref, err) != SEALIFT_OK)
        return tree_frame_prefix(&from->ref, err);
    return load(reader, reader->at - 1, &ref, buf_bytes(&child_key), err);
}

/* Whether the frame of entries that is being read is the one to go on with: then none needs to be looked for. */
static bool
is_within_reach(const struct tree_reader *reader, struct bytes path)
{
    if (!reader->has_last || !reader->levels[0].is_loaded ||
        tree_path_compare(buf_bytes(&reader->paths[reader->turn]), path) >= 0)
        return false;
    for (unsigned level = 1; level <= reader->root.level; level++) {
        struct tree_frame rest = reader->levels[level].frame;
        struct frame_ref ref;
        struct bytes key;

        if (rest.items_left > 0)
            return tree_index_cut(&rest, &key, &ref, &(struct sealift_error){0}) == SEALIFT_OK &&
                   tree_path_compare(tree_key_of(path), key) <= 0;
    }
    return true;
}

/* What comes next is the first entry that is not less than `path`, which is a view of what is wanted. */
static enum sealift_status
go_to(struct tree_reader *reader, struct bytes path, struct sealift_error *err)
{
    reader->from = path;
    if (is_within_reach(reader, path))
        return SEALIFT_OK;
    reader->has_last = false;
    TRY(load_root(reader, err));
    while (reader->at > 0)
        TRY(descend_before(reader, tree_key_of(path), err));
    return SEALIFT_OK;
}

/* Of the directories that are present, those that lie above the path. */
static void
keep_above(struct buf *present, struct bytes path)
{
    while (present->len > 0 && (present->len >= path.len || !tree_path_is_within(path, buf_bytes(present))))
        present->len = tree_path_parent(buf_bytes(present)).len;
}

/* Looks for the directories above the path, from the first that was not seen just now to the first that
 * is not there. */
static enum sealift_status
find_above(struct tree_reader *reader, struct bytes path, struct sealift_error *err)
{
    keep_above(&reader->present, path);
    for (;;) {
        struct bytes step = path.len > 0 ? tree_path_step(buf_bytes(&reader->present), path) : path;
        struct tree_entry entry;
        bool end;

        if (step.len == path.len)
            return SEALIFT_OK;
        TRY(go_to(reader, step, err));
        TRY(tree_reader_next(reader, &entry, &end, err));
        keep_above(&reader->present, path);
        if (reader->present.len != step.len)
            return SEALIFT_OK;
    }
}

enum sealift_status
tree_reader_seek(struct tree_reader *reader, struct bytes path, struct sealift_error *err)
{
    reader->from = (struct bytes){0};
    buf_clear(&reader->wanted);
    TRY(buf_append_bytes(&reader->wanted, path, err));
    path = buf_bytes(&reader->wanted);
    TRY(find_above(reader, path, err));
    return go_to(reader, path, err);
}

static enum sealift_status
next_extent(struct tree_reader *reader, struct tree_list_cursor *cursor, struct extent *ret_extent, bool *ret_end,
            struct sealift_error *err)
{
    char shown[TREE_PATH_SHOWN];

    if (tree_list_cursor_next(cursor, ret_extent, ret_end, err) == SEALIFT_OK)
        return SEALIFT_OK;
    return error_prefix(err, "entry %s", tree_path_show(buf_bytes(&reader->paths[reader->turn]), shown));
}

enum sealift_status
tree_reader_extent(struct tree_reader *reader, struct extent *ret_extent, bool *ret_end, struct sealift_error *err)
{
    return next_extent(reader, &reader->content, ret_extent, ret_end, err);
}

enum sealift_status
tree_reader_xattr_extent(struct tree_reader *reader, struct extent *ret_extent, bool *ret_end,
                         struct sealift_error *err)
{
    return next_extent(reader, &reader->xattrs, ret_extent, ret_end, err);
}
