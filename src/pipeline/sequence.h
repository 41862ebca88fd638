/* Puts back into order what many threads finished in any order, and bounds how far ahead the fastest may run.
 *
 * The producer takes a ticket for each item before it hands it out, workers put finished items in by their ticket, and
 * one consumer takes them in the tickets' order. At most `window` items are between ticket and consumer. */
#ifndef SEQUENCE_H
#define SEQUENCE_H

#include <sealift/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sequence;

enum sealift_status sequence_new(size_t window, struct sequence **ret_sequence, struct sealift_error *err);
void sequence_free(struct sequence **sequence); /* must be drained */

/* Waits until the window has room. False when the sequence was broken. */
bool sequence_ticket(struct sequence *sequence, uint64_t *ret_ticket);
/* No more tickets will be taken. */
void sequence_close(struct sequence *sequence);

/* Never waits. Also after a break: the item can then be drained. */
void sequence_put(struct sequence *sequence, uint64_t ticket, void *item);

/* The next item in order; NULL when the sequence is closed and everything was taken, or it was broken. */
void *sequence_next(struct sequence *sequence);
/* Which of the two it was. */
bool sequence_is_broken(struct sequence *sequence);

/* Everybody leaves at once; sequence_drain() gives what was put and not taken, then NULL. */
void sequence_break(struct sequence *sequence);
void *sequence_drain(struct sequence *sequence);

#endif
