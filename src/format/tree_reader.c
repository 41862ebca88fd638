#include "tree_reader.h"

#include "error.h"
#include "scoped.h"
#include "tree_entry.h"
#include "tree_index.h"

#include <stdlib.h>

struct level {
    struct tree_frame frame;
    struct frame_ref ref;
    struct buf key; /* what the index above says of its first item; see is_first */
    bool is_first;  /* nothing has been read of it */
};

struct tree_reader {
    tree_fetch *fetch;
    void *context;
    struct tree_root root;
    bool is_loaded;
    unsigned at;                             /* the level that is being read; root.level: the root frame */
    struct level levels[TREE_MAX_LEVEL + 1]; /* one frame a level; 0 are the entries */

    struct buf paths[2]; /* of the last entry, and of the one before: by turns */
    unsigned turn;
    enum tree_type last_type;
    uint64_t entries;

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
        tree_list_cursor_done(&(*reader)->content);
        tree_list_cursor_done(&(*reader)->xattrs);
    }
    free(*reader);
    *reader = NULL;
}

static enum sealift_status
load(struct tree_reader *reader, unsigned level, const struct frame_ref *ref, struct bytes key,
     struct sealift_error *err)
{
    struct level *to = &reader->levels[level];

    buf_clear(&to->key);
    TRY(buf_append_bytes(&to->key, key, err));
    to->ref = *ref;
    to->is_first = true;
    reader->at = level;
    return tree_frame_load(&to->frame, reader->fetch, reader->context, ref,
                           level > 0 ? TREE_FRAME_INDEX : TREE_FRAME_ENTRIES, level, err);
}

/* The index must not promise another beginning than the frame has: a search would go astray. So its keys ascend as the
 * entries do. The root has nothing above it, and begins with the root's entry, whose path is empty, as its key is here.
 */
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
    if (!reader->is_loaded)
        TRY(load(reader, reader->root.level, &reader->root.frame, (struct bytes){0}, err));
    reader->is_loaded = true;
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

/* Where an entry may stand: behind all others, and in a directory that came before. The last entry's own parents have
 * been checked, so a directory on the way to it, or it itself, are all that the parent can be. */
static enum sealift_status
check_place(const struct tree_reader *reader, struct bytes last, const struct tree_entry *entry,
            struct sealift_error *err)
{
    struct bytes parent = tree_path_parent(entry->path);

    if (reader->entries == 0) {
        if (entry->path.len > 0 || entry->type != TREE_DIRECTORY)
            return error_set(err, SEALIFT_CORRUPT, "a tree begins with its root directory");
        return SEALIFT_OK;
    }
    if (tree_path_compare(last, entry->path) >= 0)
        return error_set(err, SEALIFT_CORRUPT, "is out of order");
    if (!tree_path_is_within(last, parent) || (bytes_equal(last, parent) && reader->last_type != TREE_DIRECTORY))
        return error_set(err, SEALIFT_CORRUPT, "is in no directory of the tree");
    if (entry->type == TREE_HARD_LINK &&
        (tree_path_compare(entry->target, entry->path) >= 0 || tree_path_is_within(entry->path, entry->target)))
        return error_set(err, SEALIFT_CORRUPT, "is a hard link to something that cannot have come before it");
    return SEALIFT_OK;
}

static enum sealift_status
read_entry(struct tree_reader *reader, struct tree_entry *ret_entry, struct sealift_error *err)
{
    struct level *level = &reader->levels[0];
    struct bytes last = buf_bytes(&reader->paths[reader->turn]);
    struct buf *path = &reader->paths[reader->turn ^ 1];
    struct tree_content content;
    char shown[TREE_PATH_SHOWN];

    if (tree_entry_cut(&level->frame, level->is_first ? (struct bytes){0} : last, path, ret_entry, &content, err) !=
            SEALIFT_OK ||
        check_key(level, tree_key_of(ret_entry->path), err) != SEALIFT_OK)
        return tree_frame_prefix(&level->ref, err);
    if (check_place(reader, last, ret_entry, err) != SEALIFT_OK)
        return error_prefix(err, "entry %s", tree_path_show(ret_entry->path, shown));

    reader->turn ^= 1;
    reader->last_type = ret_entry->type;
    reader->entries++;
    tree_list_cursor_begin(&reader->content, &level->frame, content.level, content.items, &ret_entry->size);
    tree_list_cursor_begin(&reader->xattrs, &level->frame, 0, ret_entry->xattr_list, NULL);
    return SEALIFT_OK;
}

enum sealift_status
tree_reader_next(struct tree_reader *reader, struct tree_entry *ret_entry, bool *ret_end, struct sealift_error *err)
{
    bool end;

    TRY(find_entry(reader, &end, err));
    if (!end)
        TRY(read_entry(reader, ret_entry, err));
    *ret_end = end;
    return SEALIFT_OK;
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
