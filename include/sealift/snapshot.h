/* Snapshots: adding, uploading, listing, verifying, looking into them. */
#ifndef SEALIFT_SNAPSHOT_H
#define SEALIFT_SNAPSHOT_H

#include <sealift/removal.h>
#include <sealift/selection.h>
#include <sealift/transfer.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct sealift_snapshot_spec {
    const char *fs, *name;
    const char *from; /* the path of an existing read-only snapshot, to be read instead of the filesystem's own path */
    bool live;        /* read the filesystem itself, also where a snapshot of it could be made */
    bool keep;        /* a snapshot that is made here is not removed after its upload */
};

/* Without `from` and `live` a read-only snapshot is made here and now, where the filesystem can (a btrfs subvolume); it
 * is removed when it is uploaded. Elsewhere the filesystem will be read live. CONFLICT: the name is taken. DENIED: this
 * user may not make or remove a snapshot there. */
enum sealift_status sealift_snapshot_add(struct sealift *sealift, const struct sealift_snapshot_spec *spec,
                                         struct sealift_error *err);

struct sealift_snapshot {
    const char *filesystem, *name;
    int64_t created_ns;
    const char *status; /* "added", "uploading", "uploaded", "partial"; "downloaded": the filesystem was made of it */
    bool live;
    const char *from;   /* what is read instead; NULL: live, or a snapshot that was made here and is removed by now */
    const char *native; /* "btrfs": made here, and removed when it is uploaded; else NULL */
    uint64_t entries, size, stored; /* once uploaded */
    const char *locator;            /* NULL until uploaded; of a downloaded one where it was found */
};
typedef enum sealift_status sealift_each_snapshot(void *context, const struct sealift_snapshot *snapshot,
                                                  struct sealift_error *err);
/* Of one filesystem, or of all when `fs` is NULL. */
enum sealift_status sealift_snapshot_list(struct sealift *sealift, const char *fs, sealift_each_snapshot *each,
                                          void *context, struct sealift_error *err);

struct sealift_upload_spec {
    const char *fs, *snapshot;
    bool allow_missing; /* a path that cannot be read makes the snapshot partial, instead of failing the upload */
    bool cross_mounts;  /* also what other filesystems hold that are mounted below */
    bool no_compression;
    bool new_data_key; /* seal it with a fresh key for this snapshot alone, which the KMS wraps but need not unwrap: for
                          a machine that may not decrypt, and then cannot read what it wrote */
    int compression_level;                   /* zstd's, 1 ... 19; 0: 3 */
    struct sealift_selection_spec selection; /* for this upload, behind what is kept with the filesystem */
    struct sealift_transfer_options transfer;
};

struct sealift_upload_result {
    char locator[74];
    uint64_t entries, files, directories, others;
    uint64_t size;   /* of the files' contents */
    uint64_t stored; /* bytes of segments in the bucket */
    uint64_t segments;
    uint64_t missing, changed; /* paths that could not be read; files that changed while they were read */
    uint64_t excluded;         /* paths that the selection left out, each with all that lies below it */
    bool live, partial;
    double seconds;
};

/* When it returns OK the snapshot is restorable now: every segment is in the bucket, seen in a listing with its size,
 * and the wrapped key was shown to open; with `new_data_key`, that the KMS wrapped it just now, under a version that it
 * opens. Then a snapshot that was made here is removed; what cannot be removed is logged, and tried again after the
 * next upload. A failed or cancelled upload leaves segments that no manifest names, and nothing else. CONFLICT:
 * uploaded already.
 *
 * Of an upload that was cut off while it published, a later one finds the manifest and takes it for done; with
 * `new_data_key` it cannot tell whether that manifest is ours, and carries everything once more, under another
 * locator. */
enum sealift_status sealift_snapshot_upload(struct sealift *sealift, const struct sealift_upload_spec *spec,
                                            struct sealift_upload_result *ret_result, struct sealift_error *err);

/* What an upload would carry. */
struct sealift_preview_entry {
    const char *path;     /* bytes, below the root; "." for the root */
    const char *type;     /* as struct sealift_entry has it; NULL: left out, or it cannot be read */
    uint64_t size;        /* of a file's contents */
    const char *excluded; /* why it is left out, with all that lies below it; NULL: it is not */
    const char *missing;  /* why it cannot be read; NULL: it can */
};
typedef enum sealift_status sealift_each_preview_entry(void *context, const struct sealift_preview_entry *entry,
                                                       struct sealift_error *err);
struct sealift_preview_result {
    uint64_t entries, files, directories, others;
    uint64_t size; /* of the files' contents */
    uint64_t excluded, missing;
    bool live;
    double seconds;
};

/* Walks what sealift_snapshot_upload() would read, opens each entry, and tells of it in the snapshot's order, or what
 * an upload would leave out or miss: `each` may be NULL. No KMS and no store is asked, nothing is written anywhere. */
enum sealift_status sealift_snapshot_preview(struct sealift *sealift, const struct sealift_upload_spec *spec,
                                             sealift_each_preview_entry *each, void *context,
                                             struct sealift_preview_result *ret_result, struct sealift_error *err);

enum sealift_verify_kind {
    SEALIFT_VERIFY_KEYS,    /* the wrapped key opens through the KMS; key check value and HMAC agree; no data is read */
    SEALIFT_VERIFY_OBJECTS, /* every object is there, with its size and the store's checksum; needs no key */
    SEALIFT_VERIFY_READ,    /* the same by reading and hashing every object; needs no key */
    SEALIFT_VERIFY_DATA,    /* everything decrypts, and every chunk is what the tree says */
};

struct sealift_verify_spec {
    const char *fs, *snapshot; /* names from the table ... */
    struct sealift_obs_spec obs;
    const char *locator; /* ... or a locator and where it is */
    enum sealift_verify_kind kind;
    struct sealift_transfer_options transfer;
};

struct sealift_verify_result {
    char locator[74];
    enum sealift_verify_kind kind;
    uint64_t objects;     /* looked at */
    uint64_t bytes;       /* OBJECTS: their sizes; READ: hashed; DATA: plain bytes that were compared */
    uint64_t by_checksum; /* OBJECTS: how many of them by a checksum that the store keeps; the others by size alone */
    uint64_t entries, chunks; /* DATA */
    uint64_t envelopes;       /* KEYS: wrappings that open */
    double seconds;
};

/* OK: all is well. CORRUPT, KEY, NOT_FOUND name the first object that is not; the others are told as notices. */
enum sealift_status sealift_snapshot_verify(struct sealift *sealift, const struct sealift_verify_spec *spec,
                                            struct sealift_verify_result *ret_result, struct sealift_error *err);

/* --- removing --- */

struct sealift_snapshot_remove_spec {
    const char *fs, *snapshot; /* names from the table ... */
    struct sealift_obs_spec obs;
    const char *locator;  /* ... or a locator and where it is */
    const char *evidence; /* path of a file to be made; NULL: none */
    struct sealift_transfer_options transfer;
};

struct sealift_snapshot_removal {
    char locator[74];     /* empty: it was never uploaded */
    char filesystem[256]; /* of the row in the table, and ... */
    char name[256];       /* ... of the snapshot; empty: the table did not know it */
    const char *manifest; /* "deleted"; "absent": it was gone; NULL: there was none, or it is another filesystem's */
    uint64_t size;        /* of the manifest; the rest as in struct sealift_removed, with the empty text for NULL */
    char sha256[65];
    int64_t published_ns;
    char key_check[65];
    uint64_t key_records;                 /* of a key for this snapshot alone (a new data key), deleted */
    const char *versioning, *object_lock; /* of the bucket, "yes", "no", "unknown": whether what was deleted stays there
                                             as an old version, and must */
    bool unused_known; /* else what is left could not be listed: that was logged, and is no failure */
    uint64_t unused_uploads, unused_objects, unused_bytes; /* of those told whose state is "unused" */
};

/* Deletes the manifest, by which a snapshot exists, and then the table's row; a snapshot that was made here and not
 * uploaded yet is removed with it. Of one that is only known here since a filesystem was downloaded from it, the row
 * alone goes. What an interruption left, calling it again completes. `each` (may be NULL) is told what nothing uses by
 * then. CONFLICT: it is being uploaded by a process of this machine; one whose upload was cut off is removed. An upload
 * of it that begins meanwhile publishes nothing. */
enum sealift_status sealift_snapshot_remove(struct sealift *sealift, const struct sealift_snapshot_remove_spec *spec,
                                            sealift_each_unused *each, void *context,
                                            struct sealift_snapshot_removal *ret_removal, struct sealift_error *err);

/* --- looking into an uploaded snapshot --- */

/* An entry of a snapshot. Names are bytes as they were. */
struct sealift_entry {
    const char *path; /* below the snapshot's root, without a '/' in front or behind */
    const char *type; /* "file", "directory", "symlink", "fifo", "socket", "character-device", "block-device",
                         "hard-link" */
    /* Of a hard link, which is one more name of what `target` names, all but the target is zero. */
    uint32_t mode; /* permission bits, up to 07777 */
    uint32_t uid, gid;
    uint64_t size; /* files */
    int64_t mtime_s;
    uint32_t mtime_ns;
    uint32_t major, minor; /* devices */
    const char *target;    /* of a symlink its text, of a hard link a path of the snapshot; else NULL */
};
typedef enum sealift_status sealift_each_entry(void *context, const struct sealift_entry *entry,
                                               struct sealift_error *err);

struct sealift_ls_spec {
    const char *fs, *snapshot; /* names from the table ... */
    struct sealift_obs_spec obs;
    const char *locator; /* ... or a locator and where it is */
    const char *path;    /* below the snapshot's root; a '/' in front or behind counts for nothing; NULL: the root */
    bool recursive;
};

struct sealift_ls_result {
    char locator[74];
    uint64_t entries;
    uint64_t fetched, requests; /* bytes of the snapshot's tree, and how often the store was asked for some */
};

/* Of a directory what is in it, with `recursive` everything below; of anything else the entry itself. In the order of
 * the tree: names as bytes, each directory followed by what is in it. Reads through the index: what is not shown is not
 * fetched. NOT_FOUND: there is no such path. */
enum sealift_status sealift_snapshot_ls(struct sealift *sealift, const struct sealift_ls_spec *spec,
                                        sealift_each_entry *each, void *context, struct sealift_ls_result *ret_result,
                                        struct sealift_error *err);

struct sealift_get_spec {
    const char *fs, *snapshot; /* names from the table ... */
    struct sealift_obs_spec obs;
    const char *locator;      /* ... or a locator and where it is */
    const char *const *paths; /* below the snapshot's root, as for ls; ends with NULL */
    const char *to;           /* a directory; made when it is not there, and it need not be empty */
    bool allow_degraded;      /* attributes that could not be set are told, not an error */
    bool allow_unencrypted;   /* also what was encrypted at rest, to where it will not be */
    struct sealift_transfer_options transfer;
};

struct sealift_get_result {
    char locator[74];
    uint64_t entries, files, size; /* brought back; directories above are among the entries */
    uint64_t fetched, requests;    /* bytes of segments that came from the store, and how often it was asked */
    uint64_t degraded;             /* attributes that could not be set */
    double seconds;
};

/* Brings single files and directories back, with everything below: "a/b" to "TO/a/b". The directories above are made as
 * they were, or taken as they are when they exist; nothing else that exists is touched. A hard link to what is not
 * brought back becomes a file of its own; those among what is stay links.
 *
 * Before anything is written: NOT_FOUND names the first path that is not in the snapshot, CONFLICT what is in the way,
 * INVALID that the snapshot is of an encrypted filesystem and `to` does not lie in an encrypted directory. */
enum sealift_status sealift_snapshot_get(struct sealift *sealift, const struct sealift_get_spec *spec,
                                         struct sealift_get_result *ret_result, struct sealift_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
