/* A small snapshot with something of everything, as the objects of a bucket, out of a seed; and, beside it, what a
 * reader has to find, written down without the help of the code that makes the tree. For tests; link `format`. */
#ifndef SAMPLE_SNAPSHOT_H
#define SAMPLE_SNAPSHOT_H

#include "key_record.h"
#include "log_record.h"
#include "manifest.h"
#include "marker.h"
#include "scoped.h"
#include "seeded_world.h"
#include "text.h"
#include "tree_writer.h"
#include "xattr_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_SEGMENT_SIZE (4 * FRAME_MAX_SIZE)
#define SAMPLE_MAX_OBJECTS  16

/* Tests have no use for a sample that is not there. */
#define SAMPLE_MUST(call)                                                                                              \
    do {                                                                                                               \
        struct sealift_error sample_error = {0};                                                                       \
        struct sealift_error *err = &sample_error;                                                                     \
        if ((call) != SEALIFT_OK) {                                                                                    \
            fprintf(stderr, "sample snapshot: %s\n", err->message);                                                    \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

struct sample_object {
    char name[NAME_SIZE];
    struct buf bytes;
};

struct sample_snapshot {
    struct seeded_world seeded;
    struct secret *fs_key, *kek;
    struct uuid fs, upload, record;
    struct envelope envelope;
    struct private_part names;
    struct manifest manifest;
    struct log_record log[3];
    struct sample_object objects[SAMPLE_MAX_OBJECTS];
    size_t object_count;
    struct buf expected; /* a line an entry: see sample_expect() */

    /* While it is made. */
    struct segment_writer *writers[2]; /* of data, of tree */
    uint8_t *buffers[2];
    uint32_t segments[2];
    struct mac *chunk_ids;
    struct tree_writer *tree;
    struct log_segment stored[SAMPLE_MAX_OBJECTS];
    size_t stored_count;
};

static inline void
sample_snapshot_done(struct sample_snapshot *sample)
{
    for (size_t i = 0; i < sample->object_count; i++)
        buf_done(&sample->objects[i].bytes);
    for (size_t i = 0; i < 2; i++) {
        segment_writer_free(&sample->writers[i]);
        free(sample->buffers[i]);
    }
    for (size_t i = 0; i < 3; i++)
        log_record_done(&sample->log[i]);
    mac_free(&sample->chunk_ids);
    tree_writer_free(&sample->tree);
    manifest_done(&sample->manifest);
    buf_done(&sample->expected);
    secret_free(&sample->fs_key);
    secret_free(&sample->kek);
}

static inline struct buf *
sample_object_add(struct sample_snapshot *sample, const char *name)
{
    struct sample_object *object = &sample->objects[sample->object_count++];

    if (sample->object_count > SAMPLE_MAX_OBJECTS)
        abort();
    snprintf(object->name, sizeof(object->name), "%s", name);
    return &object->bytes;
}

/* The object whose name begins so; the first of them. */
static inline struct buf *
sample_object_find(struct sample_snapshot *sample, const char *name)
{
    for (size_t i = 0; i < sample->object_count; i++)
        if (strncmp(sample->objects[i].name, name, strlen(name)) == 0)
            return &sample->objects[i].bytes;
    abort();
}

static inline void
sample_segment_finish(struct sample_snapshot *sample, enum segment_kind kind)
{
    struct log_segment *stored = &sample->stored[sample->stored_count++];
    char name[NAME_SIZE];
    size_t size;

    SAMPLE_MUST(segment_writer_finish(sample->writers[kind - 1], &stored->id, &size, err));
    stored->size = size;
    SAMPLE_MUST(sha256((struct bytes){sample->buffers[kind - 1], size}, stored->sha256, err));
    name_of_segment(&sample->fs, &sample->upload, kind, stored->id.number, name);
    SAMPLE_MUST(buf_append(sample_object_add(sample, name), sample->buffers[kind - 1], size, err));
}

/* Three frames a segment, so that there are several of them. */
static inline struct frame_ref
sample_frame_add(struct sample_snapshot *sample, enum segment_kind kind, struct bytes plain)
{
    struct segment_writer *writer = sample->writers[kind - 1];
    struct frame_ref ref;

    if (!segment_writer_is_open(writer))
        SAMPLE_MUST(segment_writer_begin(writer, kind, &sample->upload, sample->segments[kind - 1]++,
                                         sample->buffers[kind - 1], SAMPLE_SEGMENT_SIZE, err));
    SAMPLE_MUST(segment_writer_add(writer, plain, &ref, err));
    if (ref.number == 2)
        sample_segment_finish(sample, kind);
    return ref;
}

static inline enum sealift_status
sample_sink(void *context, struct bytes plain, struct frame_ref *ret_ref, struct sealift_error *err)
{
    (void)err;
    *ret_ref = sample_frame_add(context, SEGMENT_TREE, plain);
    return SEALIFT_OK;
}

static inline struct extent
sample_chunk(struct sample_snapshot *sample, const struct frame_ref *frame, struct bytes plain, uint32_t offset,
             size_t len)
{
    struct extent extent = {.frame = *frame, .offset = offset, .length = len};
    uint8_t digest[SHA256_SIZE];

    SAMPLE_MUST(mac_compute(sample->chunk_ids, (struct bytes){plain.data + offset, len}, digest, err));
    memcpy(extent.id, digest, sizeof(extent.id));
    return extent;
}

/* A line of `expected`: path, type, mode, uid, gid, mtime (s, ns), size, target, device (major, minor), flags, project,
 * xattrs, SHA-256 of the content. Bytes are in hexadecimal with an 'x' before them. */
static inline void
sample_expect(struct sample_snapshot *sample, const struct tree_entry *entry, struct bytes xattrs, struct bytes content)
{
    SCOPED(free_done) char *path = calloc(2, entry->path.len + 1);
    SCOPED(free_done) char *target = calloc(2, entry->target.len + 1);
    SCOPED(free_done) char *set = calloc(2, xattrs.len + 1);
    char hash_text[2 * SHA256_SIZE + 1];
    uint8_t hash[SHA256_SIZE];

    hex_encode(entry->path, path);
    hex_encode(entry->target, target);
    hex_encode(xattrs, set);
    SAMPLE_MUST(sha256(content, hash, err));
    hex_encode(BYTES_OF(hash), hash_text);
    SAMPLE_MUST(buf_printf(&sample->expected, "x%s %u %u %u %u %lld %u %zu x%s %u %u %u %u x%s x%s\n", err, path,
                           (unsigned)entry->type, entry->mode, entry->uid, entry->gid, (long long)entry->mtime_s,
                           entry->mtime_ns, content.len, target, entry->major, entry->minor, entry->flags,
                           entry->project, set, hash_text));
}

static inline void
sample_entry_add(struct sample_snapshot *sample, const struct tree_entry *entry, struct bytes xattrs,
                 const struct extent *extents, size_t count, struct bytes content)
{
    SAMPLE_MUST(tree_writer_begin(sample->tree, entry, err));
    for (size_t i = 0; i < count; i++)
        SAMPLE_MUST(tree_writer_extent(sample->tree, &extents[i], err));
    SAMPLE_MUST(tree_writer_end(sample->tree, err));
    sample_expect(sample, entry, xattrs, content);
}

static inline struct tree_entry
sample_entry(const char *path, enum tree_type type)
{
    struct tree_entry entry = {.path = bytes_of_text(path), .type = type};

    if (type != TREE_HARD_LINK) {
        entry.mode = type == TREE_DIRECTORY ? 01755 : 0640;
        entry.uid = 1000;
        entry.gid = 4294967294;
        entry.mtime_s = type == TREE_FIFO ? -86400 * 365 : 1790000000;
        entry.mtime_ns = 123456789;
        entry.inode = 77;
        entry.links = 2;
        entry.ctime_s = 1790000001;
    }
    return entry;
}

static inline void
sample_plain_add(struct sample_snapshot *sample, const struct tree_entry *entry)
{
    sample_entry_add(sample, entry, entry->xattrs, NULL, 0, (struct bytes){0});
}

/* Three chunks of two frames with a hole between them and one at the end; one frame does not compress. */
static inline void
sample_file_add(struct sample_snapshot *sample, const char *path)
{
    SCOPED(free_done) uint8_t *content = calloc(1, 300000);
    struct tree_entry entry = sample_entry(path, TREE_FILE);
    struct bytes text = {content, 100000}, noise = {content + 200000, 5000};
    struct frame_ref frames[2];
    struct extent extents[5];

    for (size_t i = 0; i < text.len; i++)
        content[i] = (uint8_t)("a line that comes again\n"[i % 24] + i / 30000);
    sample->seeded.entropy.fill(&sample->seeded.entropy, content + 200000, noise.len);
    frames[0] = sample_frame_add(sample, SEGMENT_DATA, text);
    frames[1] = sample_frame_add(sample, SEGMENT_DATA, noise);
    extents[0] = sample_chunk(sample, &frames[0], text, 0, 60000);
    extents[1] = sample_chunk(sample, &frames[0], text, 60000, 40000);
    extents[2] = (struct extent){.hole = true, .length = 100000};
    extents[3] = sample_chunk(sample, &frames[1], noise, 0, 5000);
    extents[4] = (struct extent){.hole = true, .length = 95000};
    sample_entry_add(sample, &entry, (struct bytes){0}, extents, 5, (struct bytes){content, 300000});
}

/* One byte a chunk, backwards: more extents than an entry holds. */
static inline void
sample_pieces_add(struct sample_snapshot *sample, const char *path)
{
    enum { COUNT = 3 * TREE_INLINE_MAX };
    SCOPED(free_done) struct extent *extents = calloc(COUNT, sizeof(*extents));
    struct tree_entry entry = sample_entry(path, TREE_FILE);
    uint8_t plain[COUNT], content[COUNT];
    struct frame_ref frame;

    for (size_t i = 0; i < COUNT; i++)
        plain[i] = content[COUNT - 1 - i] = (uint8_t)(i * i / 7);
    frame = sample_frame_add(sample, SEGMENT_DATA, BYTES_OF(plain));
    for (uint32_t i = 0; i < COUNT; i++)
        extents[i] = sample_chunk(sample, &frame, BYTES_OF(plain), COUNT - 1 - i, 1);
    sample_entry_add(sample, &entry, (struct bytes){0}, extents, COUNT, BYTES_OF(content));
}

static inline void
sample_xattrs_add(struct sample_snapshot *sample, const char *path, bool by_reference)
{
    SCOPED(buf_done) struct buf set = {0};
    struct tree_entry entry = sample_entry(path, TREE_FILE);
    struct frame_ref frame;
    struct extent extent;

    SAMPLE_MUST(xattr_set_add(&set, "user.second", bytes_of_text("2"), err));
    SAMPLE_MUST(xattr_set_add(&set, "user.first", (struct bytes){0}, err));
    SAMPLE_MUST(xattr_set_add(&set, "system.posix_acl_access", bytes_of_text("\x02 and so on"), err));
    if (by_reference) {
        frame = sample_frame_add(sample, SEGMENT_DATA, buf_bytes(&set));
        extent = sample_chunk(sample, &frame, buf_bytes(&set), 0, set.len);
        entry.xattr_extents = &extent;
        entry.xattr_extent_count = 1;
    } else {
        entry.xattrs = buf_bytes(&set);
    }
    sample_entry_add(sample, &entry, buf_bytes(&set), NULL, 0, (struct bytes){0});
}

/* Enough entries for several frames and an index. */
static inline void
sample_links_add(struct sample_snapshot *sample)
{
    uint8_t target[400];
    char path[64];

    for (unsigned i = 0; i < 600; i++) {
        struct tree_entry entry;

        snprintf(path, sizeof(path), "links/%03u-%c", i, i % 3 == 0 ? '\xfe' : 'l');
        memset(target, 'a' + (int)(i % 26), sizeof(target));
        entry = sample_entry(path, TREE_SYMLINK);
        entry.target = BYTES_OF(target);
        sample_plain_add(sample, &entry);
    }
}

static inline void
sample_tree_make(struct sample_snapshot *sample)
{
    struct tree_entry entry = sample_entry("", TREE_DIRECTORY);
    uint64_t entries;

    sample_plain_add(sample, &entry);
    entry = sample_entry("console", TREE_CHARACTER_DEVICE);
    entry.major = 5;
    entry.minor = 1;
    sample_plain_add(sample, &entry);
    entry = sample_entry("disk", TREE_BLOCK_DEVICE);
    entry.major = 259;
    entry.minor = 1048575;
    sample_plain_add(sample, &entry);
    entry = sample_entry("files", TREE_DIRECTORY);
    entry.has_flags = entry.has_project = true;
    entry.flags = 16;
    entry.project = 42;
    sample_plain_add(sample, &entry);
    sample_file_add(sample, "files/content");
    entry = sample_entry("files/content.again", TREE_HARD_LINK);
    entry.target = bytes_of_text("files/content");
    sample_plain_add(sample, &entry);
    entry = sample_entry("files/empty", TREE_FILE);
    sample_plain_add(sample, &entry);
    sample_xattrs_add(sample, "files/many-attributes", true);
    sample_pieces_add(sample, "files/pieces");
    sample_xattrs_add(sample, "files/some-attributes", false);
    entry = sample_entry("files-too", TREE_DIRECTORY);
    sample_plain_add(sample, &entry);
    entry = sample_entry("links", TREE_DIRECTORY);
    sample_plain_add(sample, &entry);
    sample_links_add(sample);
    entry = sample_entry("pipe", TREE_FIFO);
    sample_plain_add(sample, &entry);
    entry = sample_entry("socket", TREE_SOCKET);
    sample_plain_add(sample, &entry);
    sample->manifest.parts = calloc(1, sizeof(*sample->manifest.parts));
    sample->manifest.part_count = 1;
    SAMPLE_MUST(tree_writer_finish(sample->tree, sample->manifest.parts, &entries, err));
    sample->manifest.totals.entries = entries;
    for (enum segment_kind kind = SEGMENT_DATA; kind <= SEGMENT_TREE; kind++)
        if (segment_writer_is_open(sample->writers[kind - 1]))
            sample_segment_finish(sample, kind);
}

static inline void
sample_log_add(struct sample_snapshot *sample, struct log_record *record, uint8_t sha256_out[SHA256_SIZE])
{
    char name[NAME_SIZE];
    struct buf *object;

    record->fs = sample->fs;
    record->upload = sample->upload;
    record->created_ns = sample->seeded.now_ns;
    name_of_log_record(&sample->fs, &sample->upload, record->number, name);
    object = sample_object_add(sample, name);
    SAMPLE_MUST(log_record_build(record, object, err));
    SAMPLE_MUST(sha256(buf_bytes(object), sha256_out, err));
}

static inline void
sample_log_make(struct sample_snapshot *sample)
{
    struct log_record *opening = &sample->log[0], *segments = &sample->log[1], *closing = &sample->log[2];
    struct log_usage *usage = calloc(1, sizeof(*usage));
    uint8_t used[2] = {(uint8_t)((1u << sample->segments[0]) - 1), (uint8_t)((1u << sample->segments[1]) - 1)};

    usage->upload = sample->upload;
    usage->record_count = 2;
    usage->record_sha256 = calloc(2, SHA256_SIZE);
    SAMPLE_MUST(buf_append(&usage->data_used, &used[0], 1, err));
    SAMPLE_MUST(buf_append(&usage->tree_used, &used[1], 1, err));

    *opening = (struct log_record){.kind = LOG_OPENING, .parents = calloc(1, sizeof(struct uuid)), .parent_count = 1};
    opening->parents[0] = uuid_v7(&sample->seeded.world);
    sample_log_add(sample, opening, usage->record_sha256[0]);
    *segments = (struct log_record){.kind = LOG_SEGMENTS, .number = 1, .segment_count = sample->stored_count};
    segments->segments = calloc(sample->stored_count, sizeof(*segments->segments));
    memcpy(segments->segments, sample->stored, sample->stored_count * sizeof(*segments->segments));
    SAMPLE_MUST(buf_append_text(&segments->sealed_progress, "sealed, whatever it says", err));
    sample_log_add(sample, segments, usage->record_sha256[1]);
    *closing = (struct log_record){.kind = LOG_CLOSING, .number = 2, .usages = usage, .usage_count = 1};
    sample->manifest.closing_record = 2;
    sample_log_add(sample, closing, sample->manifest.closing_sha256);
}

static inline void
sample_manifest_make(struct sample_snapshot *sample)
{
    struct manifest *manifest = &sample->manifest;
    char name[NAME_SIZE];

    manifest->fs = sample->fs;
    manifest->upload = sample->upload;
    manifest->sequence = INT64_MAX;
    manifest->has_parent = manifest->has_predecessor = true;
    manifest->parent = sample->log[0].parents[0];
    memset(manifest->predecessor_sha256, 0xee, sizeof(manifest->predecessor_sha256));
    memcpy(manifest->key_check, sample->envelope.key_check, sizeof(manifest->key_check));
    manifest->created_ns = sample->seeded.now_ns;
    manifest->published_ns = sample->seeded.now_ns + 1;
    manifest->live = true;
    manifest->totals.files = 6;
    manifest->totals.directories = 4;
    manifest->totals.others = manifest->totals.entries - 10;
    manifest->totals.size = 300000 + 3 * TREE_INLINE_MAX;
    manifest->totals.segments = sample->stored_count;
    manifest->envelope = sample->envelope;
    SAMPLE_MUST(private_part_seal(&sample->names, sample->fs_key, &sample->fs, &sample->upload,
                                  &manifest->sealed_private, err));
    name_of_manifest(&sample->fs, &sample->upload, name);
    SAMPLE_MUST(manifest_build(manifest, sample->fs_key, sample_object_add(sample, name), err));
}

static inline void
sample_key_record_make(struct sample_snapshot *sample)
{
    SCOPED(key_record_done) struct key_record record = {.fs = sample->fs, .record = sample->record};
    struct private_part names = sample->names;
    char name[NAME_SIZE];

    names.snapshot[0] = '\0';
    record.created_ns = sample->seeded.now_ns;
    record.envelope = sample->envelope;
    SAMPLE_MUST(key_record_seal(&record, &names, sample->fs_key, err));
    name_of_key_record(&sample->fs, sample->envelope.key_check, &sample->record, name);
    SAMPLE_MUST(key_record_build(&record, sample_object_add(sample, name), err));
}

static inline void
sample_identity_make(struct sample_snapshot *sample)
{
    const struct world *world = &sample->seeded.world;

    SAMPLE_MUST(secret_random(world, FS_KEY_SIZE, &sample->fs_key, err));
    SAMPLE_MUST(secret_random(world, KEY_SIZE, &sample->kek, err));
    sample->fs = uuid_v4(world);
    sample->record = uuid_v7(world);
    sample->upload = uuid_v7(world);
    sample->names = (struct private_part){.filesystem = "home",
                                          .snapshot = "monday \"\xc3\xa9\"",
                                          .path = "/srv/home",
                                          .source = "/srv/.snapshots/1",
                                          .host = "bilge.example",
                                          .generation = 1};
    sample->envelope.fs = sample->fs;
    sample->envelope.kms = (struct kms_hint){
        .type = "vault", .name_space = "team/a", .mount = "transit", .key_identifier = "cluster-key", .key_version = 3};
    snprintf(sample->envelope.wrapped_kek, sizeof(sample->envelope.wrapped_kek), "vault:v3:bm90IHJlYWxseSB3cmFwcGVk");
    SAMPLE_MUST(envelope_seal(&sample->envelope, sample->kek, sample->fs_key, NULL, err));
}

static inline void
sample_writers_make(struct sample_snapshot *sample)
{
    SCOPED(secret_free) struct secret *key = NULL;

    for (size_t i = 0; i < 2; i++) {
        SAMPLE_MUST(segment_writer_new(&sample->seeded.world, sample->fs_key, &sample->fs, SEGMENT_COMPRESS, 3,
                                       &sample->writers[i], err));
        sample->buffers[i] = malloc(SAMPLE_SEGMENT_SIZE);
    }
    SAMPLE_MUST(key_for_chunk_ids(sample->fs_key, &key, err));
    SAMPLE_MUST(mac_new(key, &sample->chunk_ids, err));
    SAMPLE_MUST(tree_writer_new(sample->fs_key, sample_sink, sample, &sample->tree, err));
}

static inline void
sample_snapshot_make(struct sample_snapshot *sample, uint64_t seed)
{
    *sample = (struct sample_snapshot){0};
    seeded_world_init(&sample->seeded, seed);
    sample_identity_make(sample);
    sample_writers_make(sample);
    SAMPLE_MUST(marker_build(sample_object_add(sample, NAME_MARKER), err));
    sample_key_record_make(sample);
    sample_tree_make(sample);
    sample_log_make(sample);
    sample_manifest_make(sample);
}

#endif
