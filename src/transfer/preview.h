/* What an upload would carry: the walk and the opening of each entry, as an upload does them, and nothing else. One
 * thread, constant memory. */
#ifndef PREVIEW_H
#define PREVIEW_H

#include "progress.h"
#include "selection.h"

#include <sealift/snapshot.h>

struct preview_request {
    const char *path; /* what is read */
    bool live;        /* it may change while it is read */
    const struct selection *selection;
    bool cross_mounts;
    size_t memory; /* bytes that the walk keeps of names, and as many of hard links, before they spill */
    sealift_each_preview_entry *each; /* NULL: only the totals are wanted */
    void *context;
};

enum sealift_status preview_run(const struct world *world, struct progress *progress,
                                const struct preview_request *request, struct sealift_preview_result *ret_result,
                                struct sealift_error *err);

#endif
