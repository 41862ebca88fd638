/* How a JSON tree lies in memory: between json_parse.c, which builds it, and json.c, which reads it. */
#ifndef JSON_TREE_H
#define JSON_TREE_H

#include "arena.h"
#include "json.h"

struct json {
    enum json_type type;
    const char *key;     /* in an object */
    struct json *next;   /* the sibling behind it, while its container is still open */
    struct arena *whole; /* in the outermost value: where the whole tree lives */
    union {
        bool truth;
        int64_t integer;
        const char *string;
        struct {
            struct json **items; /* in the order of the text */
            size_t count;
        };
    };
};

#endif
