/* The shared AWS files of a test's own. */
#ifndef AWS_FILES_H
#define AWS_FILES_H

#include "s3_stage.h"
#include "scratch_folder.h"

static inline void
write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    cr_assert_not_null(file, "%s", path);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
}

/* Writes the two files (NULL: there is none) and lets the environment point at them. */
static inline void
use_aws_files(const struct scratch_folder *scratch, const char *config, const char *credentials)
{
    setenv("AWS_CONFIG_FILE", scratch_folder_at(scratch, "config"), 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", scratch_folder_at(scratch, "credentials"), 1);
    if (config != NULL)
        write_file(scratch_folder_at(scratch, "config"), config);
    if (credentials != NULL)
        write_file(scratch_folder_at(scratch, "credentials"), credentials);
}

#endif
