/* A snapshot on the command line: two names from the table, or a locator and where it is. */
#ifndef SNAPSHOT_CHOICE_H
#define SNAPSHOT_CHOICE_H

#include <sealift/obs.h>

/* `[FS] SNAPSHOT`: one argument alone stands in *snapshot, is the locator then, and needs --obs, which two exclude. */
enum sealift_status snapshot_choice(const char **fs, const char **snapshot, const char **ret_locator,
                                    const struct sealift_obs_spec *obs, struct sealift_error *err);

#endif
