/* The three descriptors that a program is started with. */
#ifndef STANDARD_STREAMS_H
#define STANDARD_STREAMS_H

/* Takes the place of those that the caller closed (`2>&-`, a careless daemon), before anything else is opened: a file
 * that is restored or a connection to a server would get their numbers, and with them our messages. What stands in can
 * be neither read from nor written to with success, so a result that cannot be told is still an error. */
void standard_streams_reserve(void);

#endif
