/* How target.c makes the files that target.h declares; their file is target_file.c. */
#ifndef TARGET_FILE_H
#define TARGET_FILE_H

#include "attributes.h"

/* `fd` is negative for a file that was left out. Takes it over, also when it fails; copies the rest. `report` lives as
 * long as the target. */
enum sealift_status target_file_new(int fd, const struct tree_entry *entry, const struct report *report,
                                    struct target_file **ret_file, struct sealift_error *err);

#endif
