/* The house's macros once more: the command sees libsealift's public headers and nothing of its insides, as any other
 * program would. */
#ifndef CLI_SCOPED_H
#define CLI_SCOPED_H

#include <sealift/status.h>

/* `done` is called with the variable's address when the scope ends; some are held for that alone. */
#define SCOPED(done) __attribute__((cleanup(done), unused))

#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        enum sealift_status try_status = (call);                                                                       \
        if (try_status != SEALIFT_OK)                                                                                  \
            return try_status;                                                                                         \
    } while (0)

#endif
