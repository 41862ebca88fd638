/* Reads the items of batches: opens each entry, reads its attributes and contents, and packs them into a segment. What
 * cannot be read is told and noted in the item; only the machinery fails. One thread.
 *
 * While extents of a batch wait for their frame, other threads may wait for the same chunks: whoever reads must not
 * wait for others without a flush before. */
#ifndef ITEM_READER_H
#define ITEM_READER_H

#include "upload_stages.h"

struct item_reader;

enum sealift_status item_reader_new(struct upload *upload, struct item_reader **ret_reader, struct sealift_error *err);
void item_reader_free(struct item_reader **reader);

/* Fills in the item: outcome, attributes, extents. A hard link is what the walk says; a doomed upload reads no
 * contents. */
enum sealift_status item_reader_read(struct item_reader *reader, struct batch_item *item, struct sealift_error *err);

/* Behind each batch: afterwards no extent waits. */
enum sealift_status item_reader_flush(struct item_reader *reader, struct sealift_error *err);

/* Hands on the segment that is open; nothing is read afterwards. */
enum sealift_status item_reader_finish(struct item_reader *reader, struct sealift_error *err);

#endif
