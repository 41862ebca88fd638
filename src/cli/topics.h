/* What help and man pages tell beside the commands. */
#ifndef TOPICS_H
#define TOPICS_H

#include <stdio.h>

struct topic {
    const char *name;
    const char *summary;
    void (*write)(FILE *out);
};

extern const struct topic topics[]; /* ends with a NULL name */

struct topic_entry {
    const char *term, *text;
};
extern const struct topic_entry topic_environment[]; /* ends with a NULL term */

#endif
