#include "chunk_packer.h"

#include "error.h"
#include "scoped.h"

#include <stdlib.h>
#include <string.h>

/* An extent that waits for the open frame. */
struct waiting {
    struct extent_list *list;
    size_t index;
    bool claimed; /* in the table of chunks: others may wait for it */
};

struct chunk_packer {
    struct upload *upload;
    struct segment_filler *filler;
    struct mac *namer;
    uint8_t *frame; /* FRAME_MAX_PLAIN bytes */
    size_t fill;
    uint64_t packed; /* in all */
    struct waiting *waiting;
    size_t waiting_count, waiting_capacity;
};

enum sealift_status
chunk_packer_new(struct upload *upload, struct segment_filler *filler, struct chunk_packer **ret_packer,
                 struct sealift_error *err)
{
    SCOPED(chunk_packer_free) struct chunk_packer *packer = calloc(1, sizeof(*packer));
    SCOPED(secret_free) struct secret *key = NULL;

    if (packer == NULL)
        return error_no_memory(err);
    packer->upload = upload;
    packer->filler = filler;
    packer->frame = malloc(FRAME_MAX_PLAIN);
    if (packer->frame == NULL)
        return error_no_memory(err);
    TRY(key_for_chunk_ids(upload->request->fs_key, &key, err));
    TRY(mac_new(key, &packer->namer, err));
    *ret_packer = TAKE(packer);
    return SEALIFT_OK;
}

void
chunk_packer_free(struct chunk_packer **packer)
{
    if (*packer == NULL)
        return;
    mac_free(&(*packer)->namer);
    free((*packer)->frame);
    free((*packer)->waiting);
    free(*packer);
    *packer = NULL;
}

/* The extents that waited now know their frame; so does everybody who waits for one of them. */
static void
settle(struct chunk_packer *packer, const struct frame_ref *ref)
{
    for (size_t i = 0; i < packer->waiting_count; i++) {
        const struct waiting *waiting = &packer->waiting[i];
        struct extent *extent = &waiting->list->items[waiting->index];

        extent->frame = *ref;
        if (waiting->claimed)
            chunk_table_resolve(packer->upload->chunks, extent);
    }
    packer->waiting_count = 0;
}

static enum sealift_status
seal(struct chunk_packer *packer, struct sealift_error *err)
{
    struct frame_ref ref;

    if (packer->fill == 0)
        return SEALIFT_OK;
    TRY(segment_filler_add(packer->filler, (struct bytes){packer->frame, packer->fill}, &ref, err));
    packer->fill = 0;
    settle(packer, &ref);
    return SEALIFT_OK;
}

enum sealift_status
chunk_packer_flush(struct chunk_packer *packer, struct sealift_error *err)
{
    return seal(packer, err);
}

enum sealift_status
chunk_packer_room(struct chunk_packer *packer, size_t want, uint8_t **ret_room, struct sealift_error *err)
{
    if (want > FRAME_MAX_PLAIN - packer->fill)
        TRY(seal(packer, err));
    *ret_room = packer->frame + packer->fill;
    return SEALIFT_OK;
}

uint64_t
chunk_packer_packed(const struct chunk_packer *packer)
{
    return packer->packed;
}

static enum sealift_status
remember(struct chunk_packer *packer, struct extent_list *list, const struct extent *extent, bool claimed,
         struct sealift_error *err)
{
    if (packer->waiting_count == packer->waiting_capacity) {
        size_t capacity = packer->waiting_capacity != 0 ? packer->waiting_capacity * 2 : 64;
        struct waiting *waiting = realloc(packer->waiting, capacity * sizeof(*waiting));

        if (waiting == NULL)
            return error_no_memory(err);
        packer->waiting = waiting;
        packer->waiting_capacity = capacity;
    }
    TRY(extent_list_add(list, extent, err));
    packer->waiting[packer->waiting_count++] =
        (struct waiting){.list = list, .index = list->count - 1, .claimed = claimed};
    return SEALIFT_OK;
}

/* The same chunk in the open frame: it is there once, whoever asks. */
static bool
find_in_frame(const struct chunk_packer *packer, struct extent *extent)
{
    for (size_t i = 0; i < packer->waiting_count; i++) {
        const struct extent *other = &packer->waiting[i].list->items[packer->waiting[i].index];

        if (other->length == extent->length && memcmp(other->id, extent->id, CHUNK_ID_SIZE) == 0) {
            extent->offset = other->offset;
            return true;
        }
    }
    return false;
}

/* Another worker is storing the chunk. Ours is sealed first, so that nobody waits for us meanwhile; the chunk then
 * begins the next frame. */
static enum sealift_status
wait_for_other(struct chunk_packer *packer, size_t len, struct extent *extent, enum chunk_answer *ret_answer,
               struct sealift_error *err)
{
    size_t at = packer->fill;

    TRY(seal(packer, err));
    memmove(packer->frame, packer->frame + at, len);
    *ret_answer = chunk_table_ask(packer->upload->chunks, extent, true);
    return SEALIFT_OK;
}

enum sealift_status
chunk_packer_add(struct chunk_packer *packer, size_t len, struct extent_list *list, struct sealift_error *err)
{
    struct extent extent = {.length = len};
    uint8_t name[SHA256_SIZE];
    enum chunk_answer answer;

    TRY(mac_compute(packer->namer, (struct bytes){packer->frame + packer->fill, len}, name, err));
    memcpy(extent.id, name, CHUNK_ID_SIZE);
    if (find_in_frame(packer, &extent))
        return remember(packer, list, &extent, false, err);
    answer = chunk_table_ask(packer->upload->chunks, &extent, false);
    if (answer == CHUNK_BUSY)
        TRY(wait_for_other(packer, len, &extent, &answer, err));
    if (answer == CHUNK_FOUND)
        return extent_list_add(list, &extent, err);
    extent.offset = (uint32_t)packer->fill;
    packer->fill += len;
    packer->packed += len;
    return remember(packer, list, &extent, answer == CHUNK_CLAIMED, err);
}
