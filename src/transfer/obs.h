/* An object store by its URL and options: how the table keeps it, and how it is opened. */
#ifndef OBS_H
#define OBS_H

#include "store.h"

#include <sealift/obs.h>

/* The options of a spec (everything but its URL) as the JSON that the table keeps, and back: strings of the result live
 * in `options`. */
enum sealift_status obs_options_to_json(const struct sealift_obs_spec *spec, struct buf *out,
                                        struct sealift_error *err);

struct obs_options; /* owns the strings of a spec that was read back */
enum sealift_status obs_options_from_json(struct bytes text, struct obs_options **ret_options,
                                          struct sealift_obs_spec *ret_spec, struct sealift_error *err);
void obs_options_free(struct obs_options **options);

/* What `given` names replaces what stands in *spec; an empty string takes an option back; the rest stays. */
void obs_spec_merge(struct sealift_obs_spec *spec, const struct sealift_obs_spec *given);

/* Whether it says nothing but the URL. */
bool obs_spec_is_bare(const struct sealift_obs_spec *spec);

/* INVALID, saying what is wrong: not s3://bucket[/prefix] or file:///path, or an option that the type does not have. */
enum sealift_status obs_check(const struct sealift_obs_spec *spec, struct sealift_error *err);

/* `create` makes the directory of a file:// store when it is not there. */
enum sealift_status obs_open(const struct world *world, const struct sealift_obs_spec *spec, bool create,
                             struct store **ret_store, struct sealift_error *err);

/* Puts the format marker, or checks the one that is there: INVALID when a later sealift wrote it. */
enum sealift_status obs_mark(struct store *store, struct sealift_error *err);
/* Only checks; a bucket without a marker is NOT_FOUND: "holds nothing of sealift". */
enum sealift_status obs_check_mark(struct store *store, struct sealift_error *err);

#endif
