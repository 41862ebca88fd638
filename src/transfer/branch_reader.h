/* Reads a tree, or some branches of it: then the directories above each branch, the branch, and all that lies below it,
 * in the tree's order; the root is not among them. Through the index, so that little else is fetched. One thread;
 * constant memory. */
#ifndef BRANCH_READER_H
#define BRANCH_READER_H

#include "branches.h"
#include "lost_links.h"
#include "snapshot_tree.h"

struct branch_reader;

struct branch_request {
    const struct manifest *manifest; /* authenticated */
    const struct secret *fs_key;
    const struct branches *branches; /* NULL: the whole tree */
    size_t memory;                   /* for names of hard links, before they spill */
};

/* What the request points to must outlive the reader. */
enum sealift_status branch_reader_new(const struct world *world, struct store *store,
                                      const struct branch_request *request, struct branch_reader **ret_reader,
                                      struct sealift_error *err);
void branch_reader_free(struct branch_reader **reader);

/* The branches; NULL: the whole tree. */
const struct branches *branch_reader_branches(const struct branch_reader *reader);

/* Whether all branches are in the tree: NOT_FOUND names the first that is not. To be asked before the reading. */
enum sealift_status branch_reader_check(struct branch_reader *reader, struct sealift_error *err);
/* Back to the beginning; what branch_reader_resolve() learnt is forgotten. */
enum sealift_status branch_reader_rewind(struct branch_reader *reader, struct sealift_error *err);

/* As tree_reader_next(). CORRUPT: what lies above a branch is no directory. So every reading gives the same entries
 * above the branches, whatever the store answers, or fails. */
enum sealift_status branch_reader_next(struct branch_reader *reader, struct tree_entry *ret_entry, bool *ret_end,
                                       struct sealift_error *err);
/* A hard link to what lies in no branch: the first such name becomes what it leads to, which is looked up; each further
 * one becomes a link to the first. Anything else stays as it is. CORRUPT: it leads to nothing that can
 * have two names. */
enum sealift_status branch_reader_resolve(struct branch_reader *reader, struct tree_entry *entry,
                                          struct sealift_error *err);

/* The reader that stands at the entry that was given, or resolved, last: for its extents. */
struct tree_reader *branch_reader_at(struct branch_reader *reader);

/* Bytes that came from the store, and how often it was asked. */
uint64_t branch_reader_fetched(const struct branch_reader *reader);
uint64_t branch_reader_requests(const struct branch_reader *reader);

#endif
