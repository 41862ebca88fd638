#include "snapshot_choice.h"

#include "cli_scoped.h"
#include "failure.h"
#include "obs_options.h"

enum sealift_status
snapshot_choice(const char **fs, const char **snapshot, const char **ret_locator, const struct sealift_obs_spec *obs,
                struct sealift_error *err)
{
    if ((*fs == NULL) != (obs->url != NULL))
        return failure_set(err, SEALIFT_INVALID, "name the snapshot either as FS SNAPSHOT, or as LOCATOR --obs OBS");
    if (*fs == NULL) {
        *ret_locator = *snapshot;
        *snapshot = NULL;
    }
    return obs_options_check(obs, err);
}
