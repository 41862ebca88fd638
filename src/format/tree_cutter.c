#include "tree_cutter.h"

#include "error.h"
#include "little_endian.h"
#include "scoped.h"

#include <stdlib.h>

struct tree_cutter {
    struct mac *mac;
    struct buf input;
};

enum sealift_status
tree_cutter_new(const struct secret *fs_key, struct tree_cutter **ret_cutter, struct sealift_error *err)
{
    SCOPED(tree_cutter_free) struct tree_cutter *cutter = calloc(1, sizeof(*cutter));
    SCOPED(secret_free) struct secret *key = NULL;

    if (cutter == NULL)
        return error_no_memory(err);
    TRY(key_for_chunker(fs_key, &key, err));
    TRY(mac_new(key, &cutter->mac, err));
    *ret_cutter = TAKE(cutter);
    return SEALIFT_OK;
}

void
tree_cutter_free(struct tree_cutter **cutter)
{
    if (*cutter != NULL) {
        mac_free(&(*cutter)->mac);
        buf_done(&(*cutter)->input);
    }
    free(*cutter);
    *cutter = NULL;
}

/* 64 bits that only the key and what is given decide. */
static enum sealift_status
draw(struct tree_cutter *cutter, enum tree_frame_kind kind, unsigned level, struct bytes key, uint64_t *ret_draw,
     struct sealift_error *err)
{
    uint8_t domain[2] = {(uint8_t)kind, (uint8_t)level};
    uint8_t digest[SHA256_SIZE];

    buf_clear(&cutter->input);
    TRY(buf_append(&cutter->input, domain, sizeof(domain), err));
    TRY(buf_append_bytes(&cutter->input, key, err));
    TRY(mac_compute(cutter->mac, buf_bytes(&cutter->input), digest, err));
    *ret_draw = le_get_u64(digest);
    return SEALIFT_OK;
}

enum sealift_status
tree_cutter_cuts(struct tree_cutter *cutter, const struct tree_frame_builder *frame, struct bytes key, size_t item_size,
                 bool *ret_cut, struct sealift_error *err)
{
    uint64_t drawn = 0;

    /* Only items count, not the tables: what an earlier item referred to must not move a later cut. */
    if (frame->items.len >= TREE_CUT_FLOOR)
        TRY(draw(cutter, frame->kind, frame->level, key, &drawn, err));
    *ret_cut = frame->items.len >= TREE_CUT_FLOOR &&
               (item_size >= TREE_CUT_TARGET || drawn < UINT64_MAX / TREE_CUT_TARGET * item_size);
    return SEALIFT_OK;
}

enum sealift_status
tree_cutter_cuts_list(struct tree_cutter *cutter, unsigned level, size_t item_count, struct bytes key, bool *ret_cut,
                      struct sealift_error *err)
{
    uint64_t drawn = 0;

    if (item_count > TREE_CUT_LIST_FLOOR)
        TRY(draw(cutter, TREE_FRAME_EXTENTS, level, key, &drawn, err));
    *ret_cut = item_count > TREE_CUT_LIST_FLOOR &&
               (item_count >= TREE_CUT_LIST_MAX || drawn < UINT64_MAX / TREE_CUT_LIST_TARGET);
    return SEALIFT_OK;
}
