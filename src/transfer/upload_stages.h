/* The stages of an upload and what they share. Each is a task of the upload's crew. */
#ifndef UPLOAD_STAGES_H
#define UPLOAD_STAGES_H

#include "batch.h"
#include "chunk_table.h"
#include "crew.h"
#include "upload.h"
#include "upload_log.h"

struct upload {
    const struct world *world;
    const struct upload_request *request;
    struct store *store;
    struct progress *progress;

    struct pool *buffers; /* one segment each */
    struct chunk_table *chunks;
    struct queue *planned;     /* batches: plan -> read */
    struct sequence *finished; /* batches: read -> tree */
    struct queue *sealed;      /* segments: read, tree -> send */
    struct upload_log *log;
    size_t batch_directories; /* that a batch may hold open */

    atomic_uint producers;      /* of sealed segments: the last of them closes the queue */
    atomic_uint next_number[3]; /* by segment kind */
    atomic_uint_fast64_t missing, changed, excluded;
    atomic_bool counted_enough; /* the scan may stop */
    atomic_bool doomed;         /* something is missing and that is not allowed: go on looking, store nothing more */

    struct tree_root root; /* from the tree stage */
    struct manifest_totals totals;
};

/* A segment on its way to the store. */
struct sealed_segment {
    struct segment_id id;
    uint8_t *buffer; /* the pool's */
    size_t size;
    uint64_t contents; /* bytes of file contents in it */
};

crew_task upload_scan; /* one thread, when somebody hears of the progress: counts ahead */
crew_task upload_plan; /* one thread: walks, makes batches */
crew_task upload_read; /* N threads: read, chunk, compress, seal */
crew_task upload_tree; /* one thread: writes the tree in order */
crew_task upload_send; /* M threads: PUT, log */

/* Fills segments for `read` and `tree`, and hands them on. One thread. */
struct segment_filler;
enum sealift_status segment_filler_new(struct upload *upload, enum segment_kind kind,
                                       struct segment_filler **ret_filler, struct sealift_error *err);
void segment_filler_free(struct segment_filler **filler);
/* Seals a frame into the open segment, or a new one. CANCELLED when the upload has failed elsewhere. */
enum sealift_status segment_filler_add(struct segment_filler *filler, struct bytes plain, struct frame_ref *ret_ref,
                                       struct sealift_error *err);
/* Hands on what is open. */
enum sealift_status segment_filler_finish(struct segment_filler *filler, struct sealift_error *err);

/* A thread that fills segments has handed on its last. */
void upload_producer_done(struct upload *upload);

/* One path that will not be in the snapshot. */
void upload_missing(struct upload *upload, struct bytes path, const char *reason);
/* One that was deleted meanwhile: of a live read that is only told, of a snapshot it should not be. */
void upload_vanished(struct upload *upload, struct bytes path, const char *reason);
/* One that the selection leaves out. */
void upload_excluded(struct upload *upload, struct bytes path, const char *reason);
/* The item cannot be read: says so in its outcome. What is missing is told (a large file once); of what is gone the
 * tree will find out what became of it. */
void upload_unreadable(struct upload *upload, struct batch_item *item, const struct sealift_error *reason);
/* A message without the path that it begins with: a notice names the path by itself. */
const char *upload_reason(const char *message, struct bytes path);
/* Whether a failure concerns one path, and not the machinery. */
bool upload_is_about_the_path(enum sealift_status status);

#endif
