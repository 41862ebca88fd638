/* Reads one entry at a time: its attributes, and a file's runs of data and holes. One thread; buffers are reused. */
#ifndef ENTRY_READER_H
#define ENTRY_READER_H

#include "walk.h"

struct entry_reader;

enum sealift_status entry_reader_new(const struct world *world, struct entry_reader **ret_reader,
                                     struct sealift_error *err);
void entry_reader_free(struct entry_reader **reader);

/* Opens the entry (NOATIME where allowed, never blocking on a FIFO, never following a link), checks that it is still
 * the inode and type that the walk saw, and reads what it holds now: metadata, xattrs and ACLs, a symlink's target.
 * NOT_FOUND: it went away, or something else has taken its place; DENIED, IO: cannot be read. A later name of an inode
 * (TREE_HARD_LINK) can be opened too and gives the inode in full, for when its first name could not be read. */
enum sealift_status entry_reader_open(struct entry_reader *reader, const struct walk_entry *entry,
                                      struct sealift_error *err);
/* The complete entry; views until the next open. A set of xattrs beyond TREE_XATTRS_MAX is in xattrs all the same. */
const struct tree_entry *entry_reader_meta(const struct entry_reader *reader);

/* Of a file: the length of the run of data, or of the hole (SEEK_DATA, SEEK_HOLE), that `from` lies in, from there to
 * its end but not beyond `to`. *ret_length is 0 at the end that the file had when it was opened. */
enum sealift_status entry_reader_run(struct entry_reader *reader, uint64_t from, uint64_t to, uint64_t *ret_length,
                                     bool *ret_hole, struct sealift_error *err);
/* Up to `len` bytes at `offset`; fewer at the end of the file. */
enum sealift_status entry_reader_read(struct entry_reader *reader, uint64_t offset, size_t len, uint8_t *out,
                                      size_t *ret_len, struct sealift_error *err);
/* Whether size, mtime and ctime still are what they were when it was opened. */
enum sealift_status entry_reader_is_unchanged(struct entry_reader *reader, bool *ret_unchanged,
                                              struct sealift_error *err);
void entry_reader_close(struct entry_reader *reader);

#endif
