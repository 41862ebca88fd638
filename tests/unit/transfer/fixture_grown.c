#include "fixture_grown.h"

#include "digest.h"
#include "scoped.h"
#include "tree_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENT_SIZE ((size_t)16 << 20)

static struct sealift_error err;

/* Without it there is no test. */
#define MUST(call)                                                                                                     \
    do {                                                                                                               \
        if ((call) != SEALIFT_OK) {                                                                                    \
            fprintf(stderr, "grown snapshot: %s\n", err.message);                                                      \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* --- a store that counts --- */

struct counting_store {
    struct store store;
    struct grown *grown;
};

static void
count(struct store *store, size_t bytes)
{
    struct grown *grown = ((struct counting_store *)store)->grown;

    atomic_fetch_add(&grown->requests, 1);
    atomic_fetch_add(&grown->bytes, bytes);
}

static enum sealift_status
get_range(struct store *store, const char *name, uint64_t offset, size_t len, uint8_t *out, struct sealift_error *error)
{
    count(store, len);
    return store_get_range(((struct counting_store *)store)->grown->base.store, name, offset, len, out, error);
}

static enum sealift_status
head(struct store *store, const char *name, struct store_head *ret_head, struct sealift_error *error)
{
    count(store, 0);
    return store_head(((struct counting_store *)store)->grown->base.store, name, ret_head, error);
}

static void
free_counting(struct store *store)
{
    free(store);
}

static const struct store_ops counting_ops = {
    .type = "counting", .get_range = get_range, .head = head, .free = free_counting};

static void
make_store(struct grown *grown)
{
    struct counting_store *counting = calloc(1, sizeof(*counting));

    counting->store.ops = &counting_ops;
    snprintf(counting->store.url, sizeof(counting->store.url), "counting://");
    counting->grown = grown;
    grown->store = &counting->store;
}

/* --- segments --- */

struct maker {
    struct grown *grown;
    enum segment_kind kind;
    struct segment_writer *writer;
    uint8_t *buffer;
    uint32_t number;
};

static void
maker_init(struct maker *maker, struct grown *grown, enum segment_kind kind, enum segment_compression compression)
{
    *maker = (struct maker){.grown = grown, .kind = kind, .buffer = malloc(SEGMENT_SIZE)};
    MUST(segment_writer_new(&grown->base.world, grown->base.fs_key, &grown->base.fs, compression, 1, &maker->writer,
                            &err));
}

static void
put_segment(struct maker *maker)
{
    struct segment_id id;
    char name[NAME_SIZE];
    size_t size;

    MUST(segment_writer_finish(maker->writer, &id, &size, &err));
    name_of_segment(&maker->grown->base.fs, &id.upload, id.kind, id.number, name);
    MUST(store_put_small(maker->grown->base.store, name, (struct bytes){maker->buffer, size}, &err));
}

static void
maker_done(struct maker *maker)
{
    if (segment_writer_is_open(maker->writer))
        put_segment(maker);
    segment_writer_free(&maker->writer);
    free(maker->buffer);
}

static enum sealift_status
seal(void *context, struct bytes plain, struct frame_ref *ret_ref, struct sealift_error *error)
{
    struct maker *maker = context;

    if (segment_writer_is_open(maker->writer) && !segment_writer_has_room(maker->writer, plain.len))
        put_segment(maker);
    if (!segment_writer_is_open(maker->writer))
        TRY(segment_writer_begin(maker->writer, maker->kind, &maker->grown->manifest.upload, maker->number++,
                                 maker->buffer, SEGMENT_SIZE, error));
    return segment_writer_add(maker->writer, plain, ret_ref, error);
}

/* --- the tree --- */

struct planter {
    struct maker tree, data;
    struct tree_writer *writer;
    struct mac *namer;
};

static void
plant_entry(struct planter *planter, const struct tree_entry *entry, const struct extent *extent)
{
    MUST(tree_writer_begin(planter->writer, entry, &err));
    if (extent != NULL)
        MUST(tree_writer_extent(planter->writer, extent, &err));
    MUST(tree_writer_end(planter->writer, &err));
}

static void
plant(struct planter *planter, const char *path, enum tree_type type, const struct extent *extent)
{
    const struct tree_entry entry = {
        .path = bytes_of_text(path), .type = type, .mode = 0755, .mtime_s = 1790000000, .inode = 7, .links = 1};

    plant_entry(planter, &entry, extent);
}

static size_t
write_path(char path[64], unsigned folder, unsigned file)
{
    return (size_t)snprintf(path, 64, "folder-%05u/file-%05u", folder, file);
}

static struct extent
place_of(struct planter *planter, const struct frame_ref *frame, struct bytes chunk, size_t offset)
{
    struct extent extent = {.frame = *frame, .offset = (uint32_t)offset, .length = chunk.len};
    uint8_t name[SHA256_SIZE];

    MUST(mac_compute(planter->namer, chunk, name, &err));
    memcpy(extent.id, name, sizeof(extent.id));
    return extent;
}

/* A folder's files share a frame. */
static void
plant_folder(struct planter *planter, unsigned folder, unsigned files)
{
    SCOPED(buf_done) struct buf contents = {0};
    struct frame_ref frame;
    char path[64];
    size_t len;

    for (unsigned i = 0; i < files; i++) {
        len = write_path(path, folder, i);
        MUST(buf_append(&contents, path, len, &err));
    }
    MUST(seal(&planter->data, buf_bytes(&contents), &frame, &err));
    snprintf(path, sizeof(path), "folder-%05u", folder);
    plant(planter, path, TREE_DIRECTORY, NULL);
    for (unsigned i = 0; i < files; i++) {
        struct extent extent;

        len = write_path(path, folder, i);
        extent = place_of(planter, &frame, bytes_of_text(path), i * len);
        plant(planter, path, TREE_FILE, &extent);
    }
}

static void
planter_init(struct planter *planter, struct grown *grown, enum segment_compression compression)
{
    SCOPED(secret_free) struct secret *key = NULL;

    maker_init(&planter->tree, grown, SEGMENT_TREE, compression);
    maker_init(&planter->data, grown, SEGMENT_DATA, compression);
    MUST(key_for_chunk_ids(grown->base.fs_key, &key, &err));
    MUST(mac_new(key, &planter->namer, &err));
    MUST(tree_writer_new(grown->base.fs_key, seal, &planter->tree, &planter->writer, &err));
}

static void
planter_finish(struct planter *planter, struct grown *grown)
{
    uint64_t entries;

    MUST(tree_writer_finish(planter->writer, grown->manifest.parts, &entries, &err));
    tree_writer_free(&planter->writer);
    mac_free(&planter->namer);
    maker_done(&planter->data);
    maker_done(&planter->tree);
}

static void
fill_alike(struct entropy *entropy, void *out, size_t len)
{
    (void)entropy;
    memset(out, 's', len);
}

/* A key of which the cuts of frames are known: what a reading costs is the same in every run. Salts and names are the
 * same as well: a segment of one such snapshot can take the place of another's. */
static void
begin(struct grown *grown)
{
    static struct entropy alike = {fill_alike};

    *grown = (struct grown){0};
    fixture_init(&grown->base);
    memset(grown->base.fs_key->bytes, 'k', grown->base.fs_key->len);
    memset(&grown->base.fs, 'f', sizeof(grown->base.fs));
    grown->base.world.entropy = &alike;
    make_store(grown);
    grown->manifest.fs = grown->base.fs;
    memset(&grown->manifest.upload, 'u', sizeof(grown->manifest.upload));
    grown->manifest.parts = calloc(1, sizeof(*grown->manifest.parts));
    grown->manifest.part_count = 1;
}

void
grown_init(struct grown *grown, unsigned folders, unsigned files)
{
    struct planter planter = {0};

    begin(grown);
    planter_init(&planter, grown, SEGMENT_COMPRESS);
    plant(&planter, "", TREE_DIRECTORY, NULL);
    for (unsigned i = 0; i < folders; i++)
        plant_folder(&planter, i, files);
    planter_finish(&planter, grown);
}

void
grown_init_of(struct grown *grown, const struct tree_entry *entries, size_t count)
{
    struct planter planter = {0};

    begin(grown);
    planter_init(&planter, grown, SEGMENT_STORE);
    for (size_t i = 0; i < count; i++)
        plant_entry(&planter, &entries[i], NULL);
    planter_finish(&planter, grown);
}

void
grown_done(struct grown *grown)
{
    manifest_done(&grown->manifest);
    store_free(&grown->store);
    fixture_done(&grown->base);
}
