/* A cluster of one's own in a temporary folder: its home, a directory as object store, a tree to carry. The KMS is the
 * local one. */
#ifndef FIXTURE_HOME_H
#define FIXTURE_HOME_H

#include "handle.h"
#include "scratch_folder.h"

#include <sealift/sealift.h>

struct fixture {
    struct scratch_folder scratch;
    struct sealift *sealift;
    struct sealift_error err;
    char notices[4096]; /* what a transfer told, a line each */
};

/* Opens the home "home"; "store" is the object store "dr" by then, when `with_store`. */
void fixture_init(struct fixture *fixture, bool with_store);
void fixture_done(struct fixture *fixture);
/* The home once more, when it was closed. */
void fixture_reopen(struct fixture *fixture);

/* A second cluster that shares nothing but the scratch folder: another machine. The local KMS's key goes with it. */
struct sealift *fixture_open_another(struct fixture *fixture, const char *home);

/* A path below the scratch folder; valid until the eighth call after it. */
const char *fixture_path(struct fixture *fixture, const char *below);
/* "file://" and such a path. */
const char *fixture_url(struct fixture *fixture, const char *below);
void fixture_write(struct fixture *fixture, const char *below, const char *text);

/* Filesystem `name` of the directory `below`, which is made. */
void fixture_add_fs(struct fixture *fixture, const char *name, const char *below);
/* A snapshot of it, to be read live. */
void fixture_add_snapshot(struct fixture *fixture, const char *fs, const char *name);
/* A filesystem and a snapshot "monday" of it, uploaded; *ret_locator is its locator. */
void fixture_add_uploaded(struct fixture *fixture, const char *name, const char *below, char ret_locator[74]);

/* Aborts, saying what was answered, unless the call ended with `status` and its message has `word` in it. */
void fixture_expect(struct fixture *fixture, enum sealift_status answered, enum sealift_status status,
                    const char *word);

/* Objects of the store "dr" whose path has `part` in it. */
size_t fixture_count_objects(struct fixture *fixture, const char *part);

/* Transfers of this kind tell into fixture->notices. */
struct sealift_transfer_options fixture_listen(struct fixture *fixture);

#endif
