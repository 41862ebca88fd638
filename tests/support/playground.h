/* For tests of trees: a directory to do anything in (to any depth, with any mode), the ordinary user, mounts. A call
 * that fails ends the test. Tests that only need a folder have scratch_folder.h. */
#ifndef PLAYGROUND_H
#define PLAYGROUND_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct playground {
    char path[PATH_MAX];
    int fd;
};

/* Under $TMPDIR or /tmp; anybody may enter it. */
void playground_make(struct playground *playground);
/* Removes it with all that is in it, whatever modes, flags, depth and mounts that has; also at exit(), for a test that
 * fails. */
void playground_remove(struct playground *playground);

/* In `directory` (a descriptor; `name` may have slashes). */
void playground_file(int directory, const char *name, const char *text);
void playground_directory(int directory, const char *name);

/* Runs `act` in a child process as an ordinary user (nobody, when the tests run as root) and returns
 * what it returned. */
int playground_as_ordinary_user(int (*act)(void *argument), void *argument);

/* For `act`: leaves with 1 and says where, when the condition does not hold. */
#define PLAYGROUND_CHECK(condition)                                                                                    \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            return playground_say(__FILE__, __LINE__, #condition);                                                     \
    } while (0)
int playground_say(const char *file, int line, const char *condition);

/* Mounts a tmpfs of `size` bytes on the directory; false, aloud, where that is not allowed. playground_unmount() takes
 * it away. */
bool playground_mount(int directory, const char *name, size_t size, bool read_only);
void playground_unmount(int directory, const char *name);

/* Descriptors that this process has open. */
size_t playground_count_descriptors(void);

#endif
