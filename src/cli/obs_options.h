/* The options that say how a store is reached, wherever a URL may stand. */
#ifndef OBS_OPTIONS_H
#define OBS_OPTIONS_H

#include "option.h"

#include <sealift/obs.h>

/* They fill a struct sealift_obs_spec. */
extern const struct option obs_access_options[]; /* to read */
extern const struct option obs_write_options[];  /* how objects are put: of a store in the table */

/* Takes back the options of these names, with commas between them: they become empty texts, as sealift_obs_update()
 * wants it. */
enum sealift_status obs_options_reset(const char *names, struct sealift_obs_spec *spec, struct sealift_error *err);

/* INVALID: access options without a URL. `spec->url` may be a name from the table, which knows how its store is
 * reached. */
enum sealift_status obs_options_check(const struct sealift_obs_spec *spec, struct sealift_error *err);

#endif
