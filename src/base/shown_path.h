/* A path of a tree as it stands in a message: short enough that the reason behind it is never cut off. */
#ifndef SHOWN_PATH_H
#define SHOWN_PATH_H

#include "buf.h"

struct shown_path {
    char text[400];
};

/* "." for the root (the empty path); a long one loses its middle: "home/ann/ ... /notes.txt". For one call's arguments:
 * error_set(err, SEALIFT_INVALID, "%s: is no directory", shown_path(path).text) */
struct shown_path shown_path(struct bytes path);

#endif
