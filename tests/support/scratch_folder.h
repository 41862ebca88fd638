/* A folder of a test's own, below $TMPDIR or /tmp. */
#ifndef SCRATCH_FOLDER_H
#define SCRATCH_FOLDER_H

/* Failing to make it aborts: it is a test's own machinery. */
struct scratch_folder {
    char path[256];
};

void scratch_folder_make(struct scratch_folder *scratch);
/* Removes it with everything below: SCOPED(scratch_folder_done) struct scratch_folder scratch; */
void scratch_folder_done(struct scratch_folder *scratch);

/* "PATH/name"; valid until the eighth call after it. One thread. */
const char *scratch_folder_at(const struct scratch_folder *scratch, const char *name);

#endif
