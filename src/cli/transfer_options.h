/* The options of everything that moves data. They fill a struct sealift_transfer_options. */
#ifndef TRANSFER_OPTIONS_H
#define TRANSFER_OPTIONS_H

#include "option.h"

extern const struct option transfer_options[];

#endif
