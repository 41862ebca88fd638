/* Whole reads and writes of descriptors: EINTR and short counts are dealt with here. */
#ifndef IO_H
#define IO_H

#include "buf.h"

#include <sys/types.h>

/* Reads until `len` bytes or the end; *ret_len < len means the end was reached. `name` is for the message. */
enum sealift_status io_pread(int fd, void *out, size_t len, uint64_t offset, size_t *ret_len, const char *name,
                             struct sealift_error *err);
enum sealift_status io_pwrite(int fd, struct bytes data, uint64_t offset, const char *name, struct sealift_error *err);
enum sealift_status io_write(int fd, struct bytes data, const char *name, struct sealift_error *err);

/* A whole small file, behind what *out holds; INVALID when it has more than `max` bytes. */
enum sealift_status io_read_file(const char *path, size_t max, struct buf *out, struct sealift_error *err);

/* Makes a folder and what is missing of the way to it, durably. A folder that is there already is a success. */
enum sealift_status io_make_folders(const char *path, mode_t mode, struct sealift_error *err);

/* Writes a small file so that it is there whole or not at all: temporary name, fsync, rename, fsync of the folder. */
enum sealift_status io_replace_file(const char *path, mode_t mode, struct bytes data, struct sealift_error *err);

/* Makes a name that was made, renamed or removed durable: fsync of the folder that `path` lies in. */
enum sealift_status io_sync_folder_of(const char *path, struct sealift_error *err);

#endif
