/* What many threads ask for, and is found out once: whether a key opens, and by what. Bounded: who was not asked for
 * longest gives way, and is found out anew when somebody asks again. Any thread. */
#ifndef MEMO_H
#define MEMO_H

#include "digest.h"

struct memo;

/* At most `most` findings of `size` bytes; `done` (may be NULL) frees what one owns. So many threads at least can each
 * hold one. */
enum sealift_status memo_new(size_t most, size_t size, void (*done)(void *finding), struct memo **ret_memo,
                             struct sealift_error *err);
void memo_free(struct memo **memo); /* nobody holds anything any more */

/* Finds it out, into zeroed memory. That something cannot be opened is a finding; what is returned as a failure (no
 * memory, Ctrl-C) goes to whoever asked, and is not remembered. */
typedef enum sealift_status memo_find(void *context, void *ret_finding, struct sealift_error *err);

/* What goes by this name; whoever comes while it is being found out, waits. The finding stays, and stays as it is,
 * until memo_release(). */
enum sealift_status memo_hold(struct memo *memo, const uint8_t name[SHA256_SIZE], memo_find *find, void *context,
                              const void **ret_finding, struct sealift_error *err);
void memo_release(struct memo *memo, const void *finding); /* NULL: nothing was held */

#endif
