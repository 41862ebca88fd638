/* What a caller wants left out, as a selection. */
#ifndef SELECTION_SPEC_H
#define SELECTION_SPEC_H

#include "selection.h"

#include <sealift/selection.h>

/* Reads the files, and appends their patterns, then the others. INVALID says which pattern is flawed, and where. */
enum sealift_status selection_spec_gather(const struct sealift_selection_spec *spec, struct selection *selection,
                                          struct sealift_error *err);

/* The same as JSON, as the table keeps it. */
enum sealift_status selection_spec_store(const struct sealift_selection_spec *spec, char out[SELECTION_MAX],
                                         struct sealift_error *err);

#endif
