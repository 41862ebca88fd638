/* Reading a snapshot back: goes through its tree, fetches what files hold in runs, opens and expands it on several
 * threads, checks every chunk against its name, and hands everything to a sink. A download writes it, a verification
 * does not.
 *
 *     plan (tree) ─ get (M connections: range GET) ─ open (N workers: decrypt, expand, check, hand over)
 */
#ifndef READING_H
#define READING_H

#include "branch_reader.h"
#include "budget.h"
#include "progress.h"
#include "store.h"

/* What becomes of what is read. */
struct reading_sink {
    void *context;
    /* An entry that is no file; from one thread, in the tree's order. */
    enum sealift_status (*entry)(void *context, const struct tree_entry *entry, struct sealift_error *err);
    /* A file begins; the same thread. */
    enum sealift_status (*file_begin)(void *context, const struct tree_entry *entry, void **ret_file,
                                      struct sealift_error *err);
    /* A piece of it; any thread, any order, pieces do not overlap. */
    enum sealift_status (*file_data)(void *context, void *file, uint64_t at, struct bytes data,
                                     struct sealift_error *err);
    /* All pieces came; any thread. Consumes the file, whatever the outcome. */
    enum sealift_status (*file_end)(void *context, void *file, struct sealift_error *err);
    /* It will not be completed. */
    void (*file_drop)(void *context, void *file);
    /* The file's path, for messages. */
    const char *(*file_path)(const void *file);
};

struct reading_request {
    const struct manifest *manifest; /* authenticated */
    const struct secret *fs_key;
    struct branch_reader *branches; /* NULL: the whole tree; else what it gives, from its beginning */
    struct budget budget;
};

struct reading_outcome {
    uint64_t entries, files, size, chunks;
    uint64_t fetched, requests; /* bytes from the store, and how often it was asked; without what the branches took */
};

enum sealift_status reading_run(const struct world *world, struct store *store, struct progress *progress,
                                const struct reading_request *request, const struct reading_sink *sink,
                                struct reading_outcome *ret_outcome, struct sealift_error *err);

/* Goes through the tree, or its branches, once more, entries only (with their extended attributes): `each` is called in
 * the tree's order. */
enum sealift_status reading_entries(const struct world *world, struct store *store,
                                    const struct reading_request *request,
                                    enum sealift_status (*each)(void *context, const struct tree_entry *entry,
                                                                struct sealift_error *err),
                                    void *context, struct sealift_error *err);

#endif
