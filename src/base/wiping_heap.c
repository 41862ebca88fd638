#include "wiping_heap.h"

#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SLAB_BYTES     ((size_t)1 << 20)
#define UNIT           ((size_t)16)
#define FINE_UNITS     64 /* up to this many, each number of units has a shelf of its own: 1 KiB */
#define COARSE_SHELVES 6  /* beyond, each power of two: up to 64 KiB */
#define SHELVES        (FINE_UNITS + 1 + COARSE_SHELVES)

/* What stands before the memory that is handed out, and what is handed out when it lies on its shelf. */
struct block {
    size_t bytes; /* with this header */
    alignas(max_align_t) union {
        struct block *next; /* on the shelf */
        uint8_t memory[UNIT];
    };
};

#define HEADER offsetof(struct block, memory)

static struct {
    pthread_mutex_t lock;
    struct block *shelves[SHELVES]; /* free blocks of one size each, wiped */
    uint8_t *slab;                  /* what is left of the newest */
    size_t slab_left;
} heap = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* AddressSanitizer sees mappings only: it is told what of a block may be touched, as malloc() would tell it. Without it
 * these are nothing. */
static void *
hand_out(struct block *block, size_t size)
{
    ASAN_POISON_MEMORY_REGION(block, block->bytes);
    ASAN_UNPOISON_MEMORY_REGION(block->memory, size);
    return block->memory;
}

static struct block *
take_back(void *memory)
{
    struct block *block = (struct block *)(void *)((uint8_t *)memory - HEADER);

    ASAN_UNPOISON_MEMORY_REGION(block, HEADER);
    ASAN_UNPOISON_MEMORY_REGION(block, block->bytes);
    return block;
}

/* The shelf for so many bytes, and how large a block of it is; SHELVES: too large for any. */
static size_t
choose_shelf(size_t bytes, size_t *ret_block_bytes)
{
    size_t units = (bytes + UNIT - 1) / UNIT, shelf = FINE_UNITS;

    if (units <= FINE_UNITS) {
        *ret_block_bytes = units * UNIT;
        return units;
    }
    for (*ret_block_bytes = FINE_UNITS * UNIT; *ret_block_bytes < bytes && shelf < SHELVES; shelf++)
        *ret_block_bytes *= 2;
    return shelf;
}

/* Zeroed by the kernel. MADV_DONTDUMP cannot fail for a mapping of our own. */
static void *
map_undumped(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return NULL;
    madvise(memory, bytes, MADV_DONTDUMP);
    return memory;
}

/* What is left of a slab that is too small for the block that comes next is not used any more. */
static struct block *
cut_from_slab_locked(size_t bytes)
{
    struct block *block;

    if (heap.slab_left < bytes) {
        uint8_t *slab = map_undumped(SLAB_BYTES);

        if (slab == NULL)
            return NULL;
        heap.slab = slab;
        heap.slab_left = SLAB_BYTES;
    }
    block = (struct block *)(void *)heap.slab;
    heap.slab += bytes;
    heap.slab_left -= bytes;
    return block;
}

static struct block *
take_from_shelf(size_t shelf, size_t bytes)
{
    struct block *block;

    pthread_mutex_lock(&heap.lock);
    block = heap.shelves[shelf];
    if (block != NULL) {
        ASAN_UNPOISON_MEMORY_REGION(block, bytes);
        heap.shelves[shelf] = block->next;
        block->next = NULL;
    } else {
        block = cut_from_slab_locked(bytes);
    }
    pthread_mutex_unlock(&heap.lock);
    return block;
}

void *
wiping_heap_malloc(size_t size)
{
    struct block *block;
    size_t shelf, bytes;

    if (size > SIZE_MAX / 2)
        return NULL;
    bytes = HEADER + size;
    shelf = choose_shelf(bytes < sizeof(*block) ? sizeof(*block) : bytes, &bytes);
    if (shelf < SHELVES) {
        block = take_from_shelf(shelf, bytes);
    } else {
        bytes = HEADER + size;
        block = map_undumped(bytes);
    }
    if (block == NULL)
        return NULL;
    block->bytes = bytes;
    return hand_out(block, size);
}

void *
wiping_heap_calloc(size_t count, size_t size)
{
    size_t bytes;

    return __builtin_mul_overflow(count, size, &bytes) ? NULL : wiping_heap_malloc(bytes);
}

void *
wiping_heap_realloc(void *memory, size_t size)
{
    void *fresh = wiping_heap_malloc(size);
    size_t old_size;

    if (fresh == NULL || memory == NULL)
        return fresh;
    old_size = take_back(memory)->bytes - HEADER;
    memcpy(fresh, memory, old_size < size ? old_size : size);
    wiping_heap_free(memory);
    return fresh;
}

char *
wiping_heap_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = wiping_heap_malloc(size);

    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

void
wiping_heap_free(void *memory)
{
    struct block *block;
    size_t shelf, bytes;

    if (memory == NULL)
        return;
    block = take_back(memory);
    shelf = choose_shelf(block->bytes, &bytes);
    if (shelf == SHELVES) {
        munmap(block, block->bytes); /* the kernel wipes it */
        return;
    }
    explicit_bzero(block->memory, block->bytes - HEADER);
    pthread_mutex_lock(&heap.lock);
    block->next = heap.shelves[shelf];
    heap.shelves[shelf] = block;
    ASAN_POISON_MEMORY_REGION(block, bytes);
    pthread_mutex_unlock(&heap.lock);
}
