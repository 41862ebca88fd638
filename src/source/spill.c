#include "spill.h"

#include "aead.h"
#include "error.h"
#include "io.h"
#include "key_schedule.h"
#include "scoped.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In the file: u64 number of the sealing, which is the nonce; ciphertext; tag. A multiple of the blocks that disks
 * like. */
#define SEALED_SIZE  16384
#define NONCE_STORED 8
#define PAGE_SIZE    (SEALED_SIZE - NONCE_STORED - AEAD_TAG_SIZE)

struct page {
    bool used;
    bool dirty; /* differs from what the file has */
    uint64_t number;
    uint8_t *bytes;
};

struct spill {
    const struct world *world;
    uint64_t size;
    struct page *pages; /* a page's number chooses its slot */
    size_t page_count;
    int fd; /* -1 until the first page goes */
    struct aead *aead;
    uint64_t sealings;
    uint8_t sealed[SEALED_SIZE];
};

enum sealift_status
spill_new(const struct world *world, size_t memory, struct spill **ret_spill, struct sealift_error *err)
{
    SCOPED(spill_free) struct spill *spill = calloc(1, sizeof(*spill));

    if (spill == NULL)
        return error_no_memory(err);
    spill->world = world;
    spill->fd = -1;
    spill->page_count = memory / PAGE_SIZE > 2 ? memory / PAGE_SIZE : 2;
    spill->pages = calloc(spill->page_count, sizeof(*spill->pages));
    if (spill->pages == NULL)
        return error_no_memory(err);
    *ret_spill = TAKE(spill);
    return SEALIFT_OK;
}

void
spill_free(struct spill **spill)
{
    if (*spill == NULL)
        return;
    for (size_t i = 0; (*spill)->pages != NULL && i < (*spill)->page_count; i++)
        free((*spill)->pages[i].bytes);
    free((*spill)->pages);
    fd_done(&(*spill)->fd);
    aead_free(&(*spill)->aead);
    free(*spill);
    *spill = NULL;
}

uint64_t
spill_size(const struct spill *spill)
{
    return spill->size;
}

/* Multiplied by the golden ratio: pages that are read side by side, as the runs of a merge are, lie at regular
 * distances and would otherwise meet in one slot. */
static struct page *
slot_of(struct spill *spill, uint64_t number)
{
    uint64_t mixed = number * UINT64_C(0x9e3779b97f4a7c15);

    return &spill->pages[(mixed >> 32) % spill->page_count];
}

/* A filesystem without O_TMPFILE (some overlays, NFS) gets a file that loses its name at once. */
static enum sealift_status
open_unnamed_file(const char *folder, int *ret_fd, struct sealift_error *err)
{
    SCOPED(free_done) char *name = NULL;
    int fd = open(folder, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
        TRY(text_format(&name, "%s/sealift.XXXXXX", err, folder));
        fd = mkostemp(name, O_CLOEXEC);
        if (fd >= 0)
            unlink(name);
    }
    if (fd < 0)
        return error_errno(err, errno, "%s: cannot make the temporary file that the walk needs", folder);
    *ret_fd = fd;
    return SEALIFT_OK;
}

static const char *
temporary_folder(void)
{
    const char *folder = getenv("TMPDIR");

    return folder != NULL && *folder != '\0' ? folder : "/var/tmp";
}

static enum sealift_status
begin_file(struct spill *spill, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *key = NULL;
    SCOPED(aead_free) struct aead *aead = NULL;

    TRY(key_for_spill(spill->world, &key, err));
    TRY(aead_new(key, &aead, err));
    if (open_unnamed_file(temporary_folder(), &spill->fd, err) != SEALIFT_OK)
        return error_hint(err, "set TMPDIR to a folder that can be written to");
    spill->aead = TAKE(aead);
    return SEALIFT_OK;
}

static enum sealift_status
seal_page(struct spill *spill, struct page *page, struct sealift_error *err)
{
    uint8_t nonce[AEAD_NONCE_SIZE] = {0};

    if (spill->fd < 0)
        TRY(begin_file(spill, err));
    spill->sealings++;
    memcpy(nonce, &spill->sealings, NONCE_STORED);
    memcpy(spill->sealed, nonce, NONCE_STORED);
    TRY(aead_seal(spill->aead, nonce, (struct bytes){(const uint8_t *)&page->number, sizeof(page->number)},
                  (struct bytes){page->bytes, PAGE_SIZE}, spill->sealed + NONCE_STORED, err));
    if (io_pwrite(spill->fd, BYTES_OF(spill->sealed), page->number * SEALED_SIZE, temporary_folder(), err) !=
        SEALIFT_OK)
        return error_hint(err, "the walk's temporary file lies there; set TMPDIR to a folder with more room");
    page->dirty = false;
    return SEALIFT_OK;
}

static enum sealift_status
open_page(struct spill *spill, struct page *page, struct sealift_error *err)
{
    uint8_t nonce[AEAD_NONCE_SIZE] = {0};
    size_t len;

    TRY(io_pread(spill->fd, spill->sealed, SEALED_SIZE, page->number * SEALED_SIZE, &len, temporary_folder(), err));
    if (len < SEALED_SIZE)
        return error_set(err, SEALIFT_CORRUPT, "%s: the walk's temporary file there was cut short", temporary_folder());
    memcpy(nonce, spill->sealed, NONCE_STORED);
    if (aead_open(spill->aead, nonce, (struct bytes){(const uint8_t *)&page->number, sizeof(page->number)},
                  (struct bytes){spill->sealed + NONCE_STORED, SEALED_SIZE - NONCE_STORED}, page->bytes,
                  err) != SEALIFT_OK)
        return error_prefix(err, "%s: the walk's temporary file there was altered: page %llu", temporary_folder(),
                            (unsigned long long)page->number);
    return SEALIFT_OK;
}

/* Brings a page to memory. One that begins at the size or beyond is new, whatever an earlier one of its number left in
 * the file. */
static enum sealift_status
fetch_page(struct spill *spill, uint64_t number, struct page **ret_page, struct sealift_error *err)
{
    struct page *page = slot_of(spill, number);

    if (!page->used || page->number != number) {
        if (page->used && page->dirty)
            TRY(seal_page(spill, page, err));
        if (page->bytes == NULL && (page->bytes = malloc(PAGE_SIZE)) == NULL)
            return error_no_memory(err);
        page->used = false;
        page->number = number;
        if (number * PAGE_SIZE < spill->size)
            TRY(open_page(spill, page, err));
        else
            memset(page->bytes, 0, PAGE_SIZE);
        page->used = true;
        page->dirty = false;
    }
    *ret_page = page;
    return SEALIFT_OK;
}

/* How much of `len` bytes at `offset` lies in the page that offset is in. */
static size_t
within_page(uint64_t offset, size_t len)
{
    size_t left = PAGE_SIZE - (size_t)(offset % PAGE_SIZE);

    return len < left ? len : left;
}

enum sealift_status
spill_read(struct spill *spill, uint64_t offset, void *out, size_t len, struct sealift_error *err)
{
    uint8_t *to = out;

    assert(len <= spill->size && offset <= spill->size - len);
    while (len > 0) {
        size_t piece = within_page(offset, len);
        struct page *page;

        TRY(fetch_page(spill, offset / PAGE_SIZE, &page, err));
        memcpy(to, page->bytes + offset % PAGE_SIZE, piece);
        to += piece;
        offset += piece;
        len -= piece;
    }
    return SEALIFT_OK;
}

enum sealift_status
spill_write(struct spill *spill, uint64_t offset, const void *data, size_t len, struct sealift_error *err)
{
    const uint8_t *from = data;

    assert(offset <= spill->size);
    while (len > 0) {
        size_t piece = within_page(offset, len);
        struct page *page;

        TRY(fetch_page(spill, offset / PAGE_SIZE, &page, err));
        memcpy(page->bytes + offset % PAGE_SIZE, from, piece);
        page->dirty = true;
        from += piece;
        offset += piece;
        len -= piece;
        if (offset > spill->size)
            spill->size = offset;
    }
    return SEALIFT_OK;
}

void
spill_cut(struct spill *spill, uint64_t size)
{
    assert(size <= spill->size);
    spill->size = size;
}
