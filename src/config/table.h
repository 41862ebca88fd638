/* The configuration table: one SQLite file, `sealift.db`, in the cluster's home folder. It holds object stores, the
 * KMS, filesystems with their wrapped keys, and snapshots; where a credential is found, never a credential; wrapped
 * keys, never a plain one.
 *
 * WAL, foreign keys on, synchronous FULL, `user_version` counts migrations; a table of a later version is INVALID,
 * saying so. Several processes may use it at once (busy timeout); each function is one transaction. One thread per
 * struct table. */
#ifndef TABLE_H
#define TABLE_H

#include "envelope.h"
#include "names.h"
#include "private_part.h"

/* Names of object stores, filesystems and snapshots: 1 to 255 bytes of UTF-8, no '/' and no control characters, not "."
 * or "..". */
#define TABLE_NAME_MAX 256

struct table;

/* Makes `home` (mode 0700, with its parents) and the table (mode 0600) on first use. A home that others may write to is
 * DENIED. */
enum sealift_status table_open(const struct world *world, const char *home, struct table **ret_table,
                               struct sealift_error *err);
void table_close(struct table **table);

/* `what` is for the message: "filesystem". */
enum sealift_status table_check_name(const char *what, const char *name, struct sealift_error *err);

/* --- object stores --- */

struct table_obs {
    char name[TABLE_NAME_MAX];
    char url[1024];       /* s3://bucket/prefix or file:///path */
    char options[4096];   /* JSON of the type's options (obs_options in src/transfer), "{}" when none */
    char abilities[1024]; /* JSON of store_abilities, "{}" when never probed */
    int64_t added_ns;
};

/* CONFLICT: the name is taken. */
enum sealift_status table_obs_add(struct table *table, const struct table_obs *obs, struct sealift_error *err);
/* Replaces everything but name and added_ns. */
enum sealift_status table_obs_update(struct table *table, const struct table_obs *obs, struct sealift_error *err);
/* CONFLICT, naming them, while filesystems use it. */
enum sealift_status table_obs_remove(struct table *table, const char *name, struct sealift_error *err);
enum sealift_status table_obs_get(struct table *table, const char *name, struct table_obs *ret_obs,
                                  struct sealift_error *err);
/* By name. */
typedef enum sealift_status table_each_obs(void *context, const struct table_obs *obs, struct sealift_error *err);
enum sealift_status table_obs_list(struct table *table, table_each_obs *each, void *context, struct sealift_error *err);

/* --- the KMS: one row --- */

/* `config` is the JSON of kms_config. */
enum sealift_status table_kms_set(struct table *table, const char *config, struct sealift_error *err);
/* NOT_FOUND when none is set. */
enum sealift_status table_kms_get(struct table *table, struct buf *out, struct sealift_error *err);

/* Former ones: filesystems may still have keys that only they unwrap, while these move to the one in force. The one in
 * force is never among them, and none is there twice. */

/* Where no KMS is in force, the local key is: as a former one it is this. */
#define TABLE_KMS_LOCAL "{\"type\":\"local\"}"

/* `config`, or none when it is NULL, is in force. With `move` all filesystems are to move to it, and what was before
 * becomes a former one: also the local key, if there are filesystems. To set what is in force already
 * changes nothing. */
enum sealift_status table_kms_replace(struct table *table, const char *config, bool move, struct sealift_error *err);
/* The latest first. */
typedef enum sealift_status table_each_former_kms(void *context, int64_t id, const char *config,
                                                  struct sealift_error *err);
enum sealift_status table_kms_former_list(struct table *table, table_each_former_kms *each, void *context,
                                          struct sealift_error *err);
/* Forgets them, unless a filesystem is moving still; but for the local key, whose file is there until
 * it is destroyed. */
enum sealift_status table_kms_moved(struct table *table, struct sealift_error *err);
/* It is. */
enum sealift_status table_kms_local_destroyed(struct table *table, struct sealift_error *err);

/* --- filesystems --- */

#define TABLE_OWN_KEY_MAX 8192 /* with its NUL */

struct table_fs {
    char name[TABLE_NAME_MAX];
    struct uuid uuid;
    char path[4096];
    char obs[TABLE_NAME_MAX]; /* empty: none (--no-key-backup) */
    int64_t added_ns;
    char origin[128];       /* locator of the snapshot that it was downloaded from, or empty */
    struct uuid key_record; /* of the envelope in force */
    uint64_t last_sequence; /* of its last published manifest; 0: none yet */
    uint8_t last_body_sha256[32];
    /* The identifier by which the kernel knows the at-rest key that the envelope holds, 32 hexadecimal digits (public);
     * empty: the filesystem is not encrypted at rest. */
    char at_rest[33];
    bool incomplete; /* it is being made (or its making was cut off): the key is kept here before a directory is
                        encrypted under it, and that directory does not hold everything yet */
    char selection[SELECTION_MAX];   /* what of it goes into snapshots: JSON, "{}": all of it */
    char own_key[TABLE_OWN_KEY_MAX]; /* JSON of the filesystem's own key at the KMS; empty: the cluster key */
    uint64_t generation;             /* of the FS key in force: 1, and one more with each rekey; 0 is added as 1 */
    bool
        moving; /* when read: the KMS is another one now, and not all its keys were shown to be there. One that is
                   added while there are former KMS is looked at, too: another process may have wrapped its key there */
};

/* The filesystem, every column as it is given, and its envelope, in one transaction. CONFLICT: the name, or the path,
 * is taken. One that is incomplete becomes an ordinary one by table_fs_complete(), or is removed with its envelopes and
 * snapshots (nothing is done when it is not there). */
enum sealift_status table_fs_add(struct table *table, const struct table_fs *fs, const struct envelope *envelope,
                                 struct sealift_error *err);
enum sealift_status table_fs_complete(struct table *table, const struct uuid *fs, struct sealift_error *err);
enum sealift_status table_fs_remove(struct table *table, const struct uuid *fs, struct sealift_error *err);
/* The same question beforehand: CONFLICT when name or path is taken. */
enum sealift_status table_fs_check_free(struct table *table, const struct table_fs *fs, struct sealift_error *err);
enum sealift_status table_fs_get(struct table *table, const char *name, struct table_fs *ret_fs,
                                 struct sealift_error *err);
enum sealift_status table_fs_get_by_uuid(struct table *table, const struct uuid *uuid, struct table_fs *ret_fs,
                                         struct sealift_error *err);
/* By name. */
typedef enum sealift_status table_each_fs(void *context, const struct table_fs *fs, struct sealift_error *err);
enum sealift_status table_fs_list(struct table *table, table_each_fs *each, void *context, struct sealift_error *err);
/* The same for what takes its time, of those that are `wanted` at first: nothing of the table is held open meanwhile.
 * Each row is read when its turn comes, and one that was removed by then is passed over. */
typedef bool table_fs_wanted(const void *context, const struct table_fs *fs);
enum sealift_status table_fs_in_turn(struct table *table, table_fs_wanted *wanted, table_each_fs *each, void *context,
                                     struct sealift_error *err);
/* Replaces the selection: JSON. */
enum sealift_status table_fs_select(struct table *table, const struct uuid *uuid, const char *selection,
                                    struct sealift_error *err);
/* CONFLICT: the name is taken. */
enum sealift_status table_fs_rename(struct table *table, const struct uuid *uuid, const char *name,
                                    struct sealift_error *err);
/* The envelope in force. */
enum sealift_status table_fs_envelope(struct table *table, const struct uuid *fs, struct envelope *ret_envelope,
                                      struct sealift_error *err);

struct table_fs_rewrap {
    struct uuid fs;
    const struct uuid *expected; /* the key record that was in force when the envelope was read */
    struct uuid key_record;      /* the new one, ... */
    const struct envelope *envelope;
    const struct table_fs *as_read; /* what the new envelope was made for; NULL: for the filesystem, whatever it is */
    const char *own_key;            /* NULL: as it is */
    uint64_t generation;            /* 0: as it is */
    bool moved;                     /* all its FS keys are where they should be: it is moving no longer */
};

/* Another envelope is in force, and the table's copy of the one before it is gone, in one transaction. CONFLICT when
 * another process put another one in force meanwhile, or another KMS or own key is what the filesystem belongs to. That
 * the new key record is in force already is a success, and the rest is written. An envelope that lost the at-rest key
 * of an encrypted filesystem is INTERNAL. */
enum sealift_status table_fs_rewrapped(struct table *table, const struct table_fs_rewrap *rewrap,
                                       struct sealift_error *err);
/* What a published manifest leaves behind; refuses (CONFLICT) a sequence that is not beyond the last. */
enum sealift_status table_fs_published(struct table *table, const struct uuid *fs, uint64_t sequence,
                                       const uint8_t body_sha256[32], struct sealift_error *err);

/* --- snapshots --- */

enum table_snapshot_status {
    TABLE_SNAPSHOT_ADDED,     /* known, not uploaded */
    TABLE_SNAPSHOT_UPLOADING, /* an upload was begun; whether it still runs, its process knows */
    TABLE_SNAPSHOT_UPLOADED,
    TABLE_SNAPSHOT_PARTIAL,    /* uploaded with --allow-missing, something was missing */
    TABLE_SNAPSHOT_DOWNLOADED, /* what the filesystem was made of: a snapshot of another filesystem, its origin */
};
/* "added", "uploading", "uploaded", "partial", "downloaded". */
const char *table_snapshot_status_name(enum table_snapshot_status status);

struct table_snapshot {
    struct uuid fs;
    char fs_name[TABLE_NAME_MAX]; /* when read */
    char name[TABLE_NAME_MAX];
    int64_t created_ns; /* when it was added; of a live read, when its upload began */
    char source[4096];  /* what is read instead of the filesystem's path; empty: a live read, unless `native` is set */
    char native[16];    /* the kind of the snapshot that we made at `source`, and remove after the upload: then `source`
                           is empty. "btrfs"; empty: none, or the admin's to keep */
    enum table_snapshot_status status;
    struct uuid upload; /* of the attempt under way or done: UPLOADING and later; DOWNLOADED: the origin's */
    uint64_t entries, size, stored; /* the last two in bytes; once uploaded */
    char locator[LOCATOR_SIZE];     /* when read: where in a bucket it is; empty: it is in none yet */
};

/* Also partially. Not so a downloaded one: it is in the bucket, at its locator, but as another filesystem's, under that
 * one's keys. */
bool table_snapshot_is_uploaded(const struct table_snapshot *snapshot);

enum sealift_status table_snapshot_add(struct table *table, const struct table_snapshot *snapshot,
                                       struct sealift_error *err);
/* The same question beforehand: CONFLICT when the name is taken. */
enum sealift_status table_snapshot_check_free(struct table *table, const struct uuid *fs, const char *name,
                                              struct sealift_error *err);
enum sealift_status table_snapshot_get(struct table *table, const struct uuid *fs, const char *name,
                                       struct table_snapshot *ret_snapshot, struct sealift_error *err);
/* Replaces everything but fs and name. */
enum sealift_status table_snapshot_update(struct table *table, const struct table_snapshot *snapshot,
                                          struct sealift_error *err);
/* Nothing but the row. NOT_FOUND when it is not there. */
enum sealift_status table_snapshot_remove(struct table *table, const struct uuid *fs, const char *name,
                                          struct sealift_error *err);
/* Begins an upload: its uuid, and created_ns. CONFLICT when the snapshot is uploaded by now, or a downloaded one. */
enum sealift_status table_snapshot_begin(struct table *table, const struct table_snapshot *snapshot,
                                         struct sealift_error *err);
/* Gives the upload up: the snapshot is as it was added, unless another upload of it has begun, or ended, meanwhile. */
enum sealift_status table_snapshot_abandon(struct table *table, const struct table_snapshot *snapshot,
                                           struct sealift_error *err);
/* Ends an upload: the snapshot's row and table_fs_published() in one transaction. */
enum sealift_status table_snapshot_published(struct table *table, const struct table_snapshot *snapshot,
                                             uint64_t sequence, const uint8_t body_sha256[32],
                                             struct sealift_error *err);
typedef enum sealift_status table_each_snapshot(void *context, const struct table_snapshot *snapshot,
                                                struct sealift_error *err);
/* Of one filesystem (by name), or of all when `fs` is NULL; by filesystem name, then creation. */
enum sealift_status table_snapshot_list(struct table *table, const struct uuid *fs, table_each_snapshot *each,
                                        void *context, struct sealift_error *err);

/* --- as it was found in a bucket --- */

/* The next snapshot of the filesystem, uploaded or partial; without `source`, it was read live. *ret_more: there was
 * one. */
typedef enum sealift_status table_next_snapshot(void *context, struct table_snapshot *ret_snapshot, bool *ret_more,
                                                struct sealift_error *err);

struct table_recovery {
    const struct table_fs *fs;
    const struct envelope *envelope; /* NULL: the filesystem is in the table, and stays as it is, except that its last
                                        sequence never falls behind the one that `fs` has */
    table_next_snapshot *next;
    void *context;
    bool dry_run; /* everything is tried, and nothing stays */
};

/* A filesystem with its snapshots, in one transaction. A snapshot whose upload is there already, under whatever name,
 * stays as it is; a row that only knows that its upload was begun learns that it ended. A name that is taken by another
 * snapshot, or cannot be one, is made one by digits of the upload's UUID. *ret_snapshots: how many came, or learnt
 * something. CONFLICT: the filesystem's name or path is taken. */
enum sealift_status table_recover(struct table *table, const struct table_recovery *recovery, uint64_t *ret_snapshots,
                                  struct sealift_error *err);

#endif
