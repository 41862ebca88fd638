/* Ctrl-C, SIGTERM, and SIGHUP (the terminal is gone): the first asks the library to stop, which it does tidily; the
 * second leaves at once. */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <sealift/cluster.h>

/* Also ignores SIGPIPE: a reader that is gone is a failed write, which is reported. `silent`: no word on standard
 * error. Signals that were ignored when the process began (nohup, a shell's background) stay so. */
void interrupt_install(bool silent);

/* Whom to stop from now on; NULL: nobody, before it is closed. A signal that came earlier counts. */
void interrupt_watch(struct sealift *sealift);

#endif
