/* What goes wrong with an answer of the scripted KMIP server: changes to bytes that were right. */
#ifndef SCRIPTED_KMIP_FAULT_H
#define SCRIPTED_KMIP_FAULT_H

#include "scripted_ttlv.h"

enum scripted_fault_kind {
    SCRIPTED_NO_FAULT,

    /* --- What is answered. Items are counted from 0 in the order of their headers. --- */
    SCRIPTED_FAIL,      /* a failure instead: status `number` (0: Failed), `reason` (0: none), `text` (NULL: none) */
    SCRIPTED_LENGTH,    /* the length of item `at` is off by `number` */
    SCRIPTED_LENGTH_IS, /* the length of item `at` is `number` */
    SCRIPTED_TYPE_IS,   /* the type of item `at` is `number` */
    SCRIPTED_VALUE,     /* the number with `tag` is `number`: version, batch count, operation, status ... */
    SCRIPTED_BYTES,     /* the first byte of the value with `tag` is another: batch id, Data, IV, tag ... */
    SCRIPTED_DROP,      /* the item with `tag` is left out */
    SCRIPTED_DUPLICATE, /* item `at` comes twice in a row */
    SCRIPTED_TWO_ITEMS, /* two batch items, and a batch count that says so */
    SCRIPTED_NO_ITEMS,  /* none, and a batch count that says so */
    SCRIPTED_UNKNOWN,   /* tags of another vendor between and behind the others at every level */
    SCRIPTED_PADDING,   /* the first padding byte of all is not zero */
    SCRIPTED_INSTEAD,   /* `text` instead of all of it: garbage, HTTP */
    SCRIPTED_LONG,      /* a failure whose Result Message has `number` bytes */
    SCRIPTED_BEHIND,    /* `text` behind the answer, in the same write */

    /* --- How it is sent --- */
    SCRIPTED_PIECES,   /* pieces of `number` bytes (0: 1), `pause_us` between them */
    SCRIPTED_CLOSE_AT, /* closed before byte `at`, TLS saying so; 0: instead of an answer */
    SCRIPTED_CUT_AT,   /* closed before byte `at`, TLS saying nothing */
    SCRIPTED_RESET_AT, /* reset (RST) before byte `at` */
    SCRIPTED_STALL_AT, /* silent from byte `at` on, the connection open; 0: right after the request */

    /* --- Before there is a request; these count connections. With `at` 0 right after accepting, not even reading; else
     * in the midst of the handshake, after `at` bytes of the server's. --- */
    SCRIPTED_HELLO_CLOSE,
    SCRIPTED_HELLO_STALL,
    SCRIPTED_HELLO_TEXT, /* answers the first bytes with `text` in the clear, and closes */
};

struct scripted_fault {
    enum scripted_fault_kind kind;
    uint32_t operation; /* only answers to this operation (0x1e ...); 0: all */
    size_t skip;        /* so many of those come first, unharmed */
    size_t times;       /* then so many have the fault; 0: all from there on */

    size_t at;
    int64_t number;
    uint32_t tag;
    uint32_t reason;
    const char *text;
    size_t text_len; /* 0: up to the NUL */
    unsigned pause_us;
};

/* Changes a whole, right answer; what is about sending leaves it alone. A fault that finds nothing to change (no such
 * tag or item) leaves it alone, too: false. One that breaks the structure must be the last one. */
bool scripted_fault_change(const struct scripted_fault *fault, struct scripted_ttlv *answer);

#endif
