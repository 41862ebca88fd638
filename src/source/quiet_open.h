/* Opening what is only to be read, so that nobody notices. */
#ifndef QUIET_OPEN_H
#define QUIET_OPEN_H

/* openat() for reading that never waits (a FIFO without a writer), never follows a link, takes no terminal, and leaves
 * the access time alone where this user may ask for that. -1 and errno. */
int quiet_open(int parent, const char *name, int flags);

#endif
