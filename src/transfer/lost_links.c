#include "lost_links.h"

#include "digest.h"
#include "error.h"
#include "link_map.h"
#include "scoped.h"

#include <stdlib.h>
#include <string.h>

/* A map from names to names in the one from inodes to names: a name's digest stands for the inode. An heir is never the
 * name that it inherits from, so a name that leads to itself has none. */
struct lost_links {
    struct link_map *heirs;
};

enum sealift_status
lost_links_new(const struct world *world, size_t memory, struct lost_links **ret_lost, struct sealift_error *err)
{
    SCOPED(lost_links_free) struct lost_links *lost = calloc(1, sizeof(*lost));

    if (lost == NULL)
        return error_no_memory(err);
    TRY(link_map_new(world, memory, &lost->heirs, err));
    *ret_lost = TAKE(lost);
    return SEALIFT_OK;
}

void
lost_links_free(struct lost_links **lost)
{
    if (*lost == NULL)
        return;
    link_map_free(&(*lost)->heirs);
    free(*lost);
    *lost = NULL;
}

static enum sealift_status
stand_in_for(struct bytes name, struct link_identity *ret_stand_in, struct sealift_error *err)
{
    uint8_t digest[SHA256_SIZE];

    TRY(sha256(name, digest, err));
    memcpy(ret_stand_in, digest, sizeof(*ret_stand_in));
    return SEALIFT_OK;
}

enum sealift_status
lost_links_add(struct lost_links *lost, struct bytes first, struct sealift_error *err)
{
    struct link_identity of;
    struct bytes known;

    TRY(stand_in_for(first, &of, err));
    return link_map_see(lost->heirs, &of, UINT32_MAX, first, &known, err);
}

enum sealift_status
lost_links_inherit(struct lost_links *lost, struct bytes first, struct bytes heir, struct sealift_error *err)
{
    struct link_identity of;

    TRY(stand_in_for(first, &of, err));
    return link_map_rename(lost->heirs, &of, heir, err);
}

enum sealift_status
lost_links_find(struct lost_links *lost, struct bytes first, enum link_fate *ret_fate, struct bytes *ret_heir,
                struct sealift_error *err)
{
    struct link_identity of;

    TRY(stand_in_for(first, &of, err));
    TRY(link_map_find(lost->heirs, &of, ret_heir, err));
    *ret_fate = ret_heir->data == NULL ? LINK_STANDS : bytes_equal(*ret_heir, first) ? LINK_LOST : LINK_INHERITED;
    return SEALIFT_OK;
}
