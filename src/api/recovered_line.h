/* What is told of one filesystem that came back, or did not. */
#ifndef RECOVERED_LINE_H
#define RECOVERED_LINE_H

#include "recovered_fs.h"

#include <sealift/recover.h>

/* With all that its strings point to, but for what is the filesystem's. */
struct recovered_line {
    struct sealift_recovered recovered;
    char id[UUID_TEXT_SIZE];
    struct sealift_error problem;
    char advice[1024];
};

/* What a command that would bring it has to say. */
struct recovered_line_scene {
    const char *obs;  /* as it was named */
    const char *home; /* of the local KMS's key file */
    const struct kms_config *kms;
    bool dry_run;
};

/* What only the caller knows is put in between: how many snapshots came, and a problem that did not keep it. */
void recovered_line_begin(struct recovered_line *line, const struct uuid *fs);
void recovered_line_succeed(struct recovered_line *line, const struct recovered_line_scene *scene,
                            const struct recovered_fs *fs);
void recovered_line_fail(struct recovered_line *line, const struct recovered_line_scene *scene,
                         const struct recovered_fs *fs, const struct sealift_error *failure);

#endif
