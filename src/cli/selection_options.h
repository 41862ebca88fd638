/* The options that say what goes into a filesystem's snapshots; they fill a struct sealift_selection_spec. */
#ifndef SELECTION_OPTIONS_H
#define SELECTION_OPTIONS_H

#include "option.h"

extern const struct option selection_options[];

#endif
