#include "zstd_frame.h"

#include "error.h"
#include "scoped.h"

#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/* The probe: samples spread evenly over the data, together a sixty-fourth of a frame of 1 MiB. Below PROBE_WORTH the
 * probe would cost as much as it spares. */
#define PROBE_WORTH   ((size_t)64 << 10)
#define PROBE_SAMPLES ((size_t)8)
#define PROBE_SIZE    ((size_t)2 << 10)

struct zstd_packer {
    ZSTD_CCtx *context;
    int level;
};

struct zstd_unpacker {
    ZSTD_DCtx *context;
};

enum sealift_status
zstd_packer_new(int level, struct zstd_packer **ret_packer, struct sealift_error *err)
{
    SCOPED(zstd_packer_free) struct zstd_packer *packer = calloc(1, sizeof(*packer));

    if (packer == NULL)
        return error_no_memory(err);
    if (level < ZSTD_minCLevel() || level > ZSTD_maxCLevel())
        return error_set(err, SEALIFT_INVALID, "compression level %d: Zstandard has %d to %d", level, ZSTD_minCLevel(),
                         ZSTD_maxCLevel());
    packer->level = level;
    packer->context = ZSTD_createCCtx();
    if (packer->context == NULL)
        return error_no_memory(err);
    *ret_packer = TAKE(packer);
    return SEALIFT_OK;
}

void
zstd_packer_free(struct zstd_packer **packer)
{
    if (*packer != NULL)
        ZSTD_freeCCtx((*packer)->context);
    free(*packer);
    *packer = NULL;
}

size_t
zstd_bound(size_t len)
{
    return ZSTD_compressBound(len);
}

/* ZSTD_estimateCCtxSize_usingCParams() of libzstd 1.5, which its stable interface lacks, rounded up. */
size_t
zstd_packer_memory(int level)
{
    const size_t mib = (size_t)1 << 20;

    if (level <= 3)
        return 2 * mib;
    if (level <= 6)
        return 4 * mib;
    if (level <= 8)
        return 7 * mib;
    return level <= 12 ? 14 * mib : 20 * mib;
}

static bool
is_worth_it(size_t packed, size_t plain)
{
    return packed <= plain - plain / 32;
}

/* Compresses some samples the fastest way. Already compressed or encrypted data gives itself away in
 * any of its parts. */
static bool
seems_compressible(struct zstd_packer *packer, struct bytes plain)
{
    uint8_t room[ZSTD_COMPRESSBOUND(PROBE_SIZE)];
    size_t stride = (plain.len - PROBE_SIZE) / (PROBE_SAMPLES - 1);
    size_t packed = 0;

    for (size_t i = 0; i < PROBE_SAMPLES; i++) {
        size_t len = ZSTD_compressCCtx(packer->context, room, sizeof(room), plain.data + i * stride, PROBE_SIZE, 1);

        if (ZSTD_isError(len))
            return true; /* let the real attempt say what is wrong */
        packed += len;
    }
    return is_worth_it(packed, PROBE_SAMPLES * PROBE_SIZE);
}

enum sealift_status
zstd_pack(struct zstd_packer *packer, struct bytes plain, uint8_t *out, size_t capacity, size_t *ret_len,
          struct sealift_error *err)
{
    size_t len;

    if (plain.len >= PROBE_WORTH && !seems_compressible(packer, plain)) {
        *ret_len = 0;
        return SEALIFT_OK;
    }
    len = ZSTD_compressCCtx(packer->context, out, capacity, plain.data, plain.len, packer->level);
    if (ZSTD_isError(len) && ZSTD_getErrorCode(len) == ZSTD_error_memory_allocation)
        return error_no_memory(err);
    if (ZSTD_isError(len) && ZSTD_getErrorCode(len) == ZSTD_error_dstSize_tooSmall && capacity >= plain.len) {
        *ret_len = 0;
        return SEALIFT_OK;
    }
    if (ZSTD_isError(len))
        return error_set(err, SEALIFT_INTERNAL, "Zstandard cannot compress %zu bytes: %s", plain.len,
                         ZSTD_getErrorName(len));
    *ret_len = is_worth_it(len, plain.len) ? len : 0;
    return SEALIFT_OK;
}

enum sealift_status
zstd_unpacker_new(struct zstd_unpacker **ret_unpacker, struct sealift_error *err)
{
    SCOPED(zstd_unpacker_free) struct zstd_unpacker *unpacker = calloc(1, sizeof(*unpacker));

    if (unpacker == NULL)
        return error_no_memory(err);
    unpacker->context = ZSTD_createDCtx();
    if (unpacker->context == NULL)
        return error_no_memory(err);
    *ret_unpacker = TAKE(unpacker);
    return SEALIFT_OK;
}

void
zstd_unpacker_free(struct zstd_unpacker **unpacker)
{
    if (*unpacker != NULL)
        ZSTD_freeDCtx((*unpacker)->context);
    free(*unpacker);
    *unpacker = NULL;
}

static bool
is_one_frame(struct bytes packed)
{
    static const uint8_t magic[4] = {0x28, 0xb5, 0x2f, 0xfd}; /* a skippable frame has another one */

    return packed.len > sizeof(magic) && bytes_equal((struct bytes){packed.data, sizeof(magic)}, BYTES_OF(magic)) &&
           ZSTD_findFrameCompressedSize(packed.data, packed.len) == packed.len;
}

/* Decompressing straight into `out` needs no window of its own, so a frame cannot ask for memory. */
enum sealift_status
zstd_unpack(struct zstd_unpacker *unpacker, struct bytes packed, uint8_t *out, size_t capacity, size_t *ret_len,
            struct sealift_error *err)
{
    unsigned long long claimed;
    size_t len;

    if (!is_one_frame(packed))
        return error_set(err, SEALIFT_CORRUPT, "not exactly one Zstandard frame");
    claimed = ZSTD_getFrameContentSize(packed.data, packed.len);
    if (claimed == ZSTD_CONTENTSIZE_UNKNOWN || claimed == ZSTD_CONTENTSIZE_ERROR)
        return error_set(err, SEALIFT_CORRUPT, "a Zstandard frame that does not say its content size");
    if (claimed > capacity)
        return error_set(err, SEALIFT_CORRUPT, "a Zstandard frame of %llu bytes where at most %zu are allowed", claimed,
                         capacity);
    len = ZSTD_decompressDCtx(unpacker->context, out, capacity, packed.data, packed.len);
    if (ZSTD_isError(len))
        return error_set(err, SEALIFT_CORRUPT, "a damaged Zstandard frame: %s", ZSTD_getErrorName(len));
    *ret_len = len;
    return SEALIFT_OK;
}
