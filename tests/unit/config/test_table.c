#include "config_sample.h"
#include "io.h"
#include "scoped.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- the home --- */

Test(table, makes_its_home_and_its_file_for_the_owner_alone)
{
    SCOPED(config_sample_done) struct config_sample sample = {0};
    static const char *const files[] = {"a/b/sealift.db", "a/b/sealift.db-wal", "a/b/sealift.db-shm"};
    struct stat about;

    scratch_folder_make(&sample.scratch);
    umask(0);
    cr_assert_eq(
        table_open(&config_sample_world, scratch_folder_at(&sample.scratch, "a/b"), &sample.table, &sample.err),
        SEALIFT_OK, "%s", sample.err.message);
    cr_assert_eq(stat(scratch_folder_at(&sample.scratch, "a/b"), &about), 0);
    cr_assert_eq(about.st_mode & 07777, 0700);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(stat(scratch_folder_at(&sample.scratch, files[i]), &about), 0, "%s", files[i]);
        cr_assert_eq(about.st_mode & 07777, 0600);
    }
}

Test(table, takes_away_the_rights_of_others_to_its_file)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct stat about;

    config_sample_init(&sample);
    table_close(&sample.table);
    cr_assert_eq(chmod(scratch_folder_at(&sample.scratch, "sealift.db"), 0666), 0);
    config_sample_open(&sample);
    cr_assert_eq(stat(scratch_folder_at(&sample.scratch, "sealift.db"), &about), 0);
    cr_assert_eq(about.st_mode & 07777, 0600);
}

static void
expect_refusal(struct config_sample *sample, const char *home, enum sealift_status expected, const char *message)
{
    cr_assert_eq(table_open(&config_sample_world, home, &sample->table, &sample->err), expected, "%s",
                 sample->err.message);
    config_sample_expect_message(sample, message);
    config_sample_expect_message(sample, home);
}

Test(table, refuses_a_home_that_others_may_write_to)
{
    SCOPED(config_sample_done) struct config_sample sample = {0};

    scratch_folder_make(&sample.scratch);
    cr_assert_eq(chmod(sample.scratch.path, 0770), 0);
    expect_refusal(&sample, sample.scratch.path, SEALIFT_DENIED, "chmod go-w");
    cr_assert_eq(chmod(sample.scratch.path, 0702), 0);
    expect_refusal(&sample, sample.scratch.path, SEALIFT_DENIED, "chmod go-w");
    cr_assert_eq(chmod(sample.scratch.path, 0755), 0);
    config_sample_open(&sample);
}

Test(table, refuses_a_home_of_another_user)
{
    SCOPED(config_sample_done) struct config_sample sample = {0};

    if (geteuid() != 0)
        cr_skip_test("only root can give a folder away");
    scratch_folder_make(&sample.scratch);
    cr_assert_eq(chown(sample.scratch.path, 65534, 65534), 0);
    expect_refusal(&sample, sample.scratch.path, SEALIFT_DENIED, "belongs to user id 65534");
}

Test(table, refuses_a_home_that_is_no_folder_and_a_table_that_is_no_file)
{
    SCOPED(config_sample_done) struct config_sample sample = {0};
    char home[512];
    int fd;

    scratch_folder_make(&sample.scratch);
    snprintf(home, sizeof(home), "%s", scratch_folder_at(&sample.scratch, "file"));
    fd = open(home, O_WRONLY | O_CREAT, 0600);
    cr_assert_geq(fd, 0);
    close(fd);
    expect_refusal(&sample, home, SEALIFT_CONFLICT, "not a folder");
    cr_assert_eq(mkdir(scratch_folder_at(&sample.scratch, "sealift.db"), 0700), 0);
    expect_refusal(&sample, sample.scratch.path, SEALIFT_INVALID, "is no file");
}

/* --- names --- */

Test(table, checks_names)
{
    static const char *const good[] = {
        "a", "..a", ".hidden", "with space", "\xc3\xa4\xe2\x82\xac", "-", "@GMT-2026.11.24"};
    static const char *const bad[] = {"", ".", "..", "a/b", "/", "a\nb", "\x7f", "\xc2\x9b", "\xff", "\xc3"};
    struct sealift_error err;
    char text[TABLE_NAME_MAX + 1];

    for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        cr_assert_eq(table_check_name("filesystem", good[i], &err), SEALIFT_OK, "%s", good[i]);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_assert_eq(table_check_name("filesystem", bad[i], &err), SEALIFT_INVALID, "%s", bad[i]);
        cr_assert_not_null(strstr(err.message, "filesystem"), "%s", err.message);
    }
    memset(text, 'a', sizeof(text));
    text[TABLE_NAME_MAX] = '\0';
    cr_assert_eq(table_check_name("filesystem", text, &err), SEALIFT_INVALID);
    text[TABLE_NAME_MAX - 1] = '\0';
    cr_assert_eq(table_check_name("filesystem", text, &err), SEALIFT_OK);
}

Test(table, lets_no_bad_name_in)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_obs obs = config_sample_obs("a/b");
    struct table_fs fs = config_sample_fs("..", 1);
    struct envelope envelope = config_sample_envelope(&fs.uuid);
    struct table_snapshot snapshot = config_sample_snapshot(&fs, "");

    config_sample_init(&sample);
    cr_assert_eq(table_obs_add(sample.table, &obs, &sample.err), SEALIFT_INVALID);
    cr_assert_eq(table_fs_add(sample.table, &fs, &envelope, &sample.err), SEALIFT_INVALID);
    cr_assert_eq(table_snapshot_add(sample.table, &snapshot, &sample.err), SEALIFT_INVALID);
}

/* --- damage --- */

static enum sealift_status
forget_obs(void *context, const struct table_obs *obs, struct sealift_error *err)
{
    (void)context;
    (void)obs;
    (void)err;
    return SEALIFT_OK;
}

static enum sealift_status
read_envelope(void *context, const struct table_fs *fs, struct sealift_error *err)
{
    struct envelope envelope;

    return table_fs_envelope(context, &fs->uuid, &envelope, err);
}

static enum sealift_status
forget_snapshot(void *context, const struct table_snapshot *snapshot, struct sealift_error *err)
{
    (void)context;
    (void)snapshot;
    (void)err;
    return SEALIFT_OK;
}

static enum sealift_status
read_everything(struct config_sample *sample)
{
    SCOPED(table_close) struct table *table = NULL;
    SCOPED(buf_done) struct buf kms = {0};

    TRY(table_open(&config_sample_world, sample->scratch.path, &table, &sample->err));
    TRY(table_kms_get(table, &kms, &sample->err));
    TRY(table_obs_list(table, forget_obs, NULL, &sample->err));
    TRY(table_fs_list(table, read_envelope, table, &sample->err));
    return table_snapshot_list(table, NULL, forget_snapshot, NULL, &sample->err);
}

static void
fill(struct config_sample *sample)
{
    struct table_obs obs = config_sample_obs("dr");
    struct table_fs fs;

    cr_assert_eq(table_obs_add(sample->table, &obs, &sample->err), SEALIFT_OK);
    cr_assert_eq(table_kms_set(sample->table, "{\"type\":\"local\"}", &sample->err), SEALIFT_OK);
    fs = config_sample_add_fs(sample, "home", 1);
    for (unsigned i = 0; i < 40; i++) {
        struct table_snapshot snapshot = config_sample_snapshot(&fs, "a");

        snprintf(snapshot.name, sizeof(snapshot.name), "snapshot %u", i);
        cr_assert_eq(table_snapshot_add(sample->table, &snapshot, &sample->err), SEALIFT_OK);
    }
}

static void
replace(struct config_sample *sample, struct bytes data)
{
    FILE *file = fopen(scratch_folder_at(&sample->scratch, "sealift.db"), "w");

    cr_assert_not_null(file);
    cr_assert_eq(fwrite(data.data, 1, data.len, file), data.len);
    cr_assert_eq(fclose(file), 0);
    unlink(scratch_folder_at(&sample->scratch, "sealift.db-wal"));
    unlink(scratch_folder_at(&sample->scratch, "sealift.db-shm"));
}

Test(table, says_what_to_do_when_its_file_is_damaged)
{
    SCOPED(config_sample_done) struct config_sample sample;
    SCOPED(buf_done) struct buf whole = {0};

    config_sample_init(&sample);
    fill(&sample);
    table_close(&sample.table);
    cr_assert_eq(read_everything(&sample), SEALIFT_OK, "%s", sample.err.message);
    cr_assert_eq(io_read_file(scratch_folder_at(&sample.scratch, "sealift.db"), 1 << 20, &whole, &sample.err),
                 SEALIFT_OK);

    replace(&sample, (struct bytes){whole.data, whole.len - 4096});
    cr_assert_eq(read_everything(&sample), SEALIFT_CORRUPT, "%s", sample.err.message);
    config_sample_expect_message(&sample, "restore it from a backup");
    config_sample_expect_message(&sample, "/sealift.db");
    replace(&sample, bytes_of_text("this was never a database, though it is long enough to look like one, is it not"));
    cr_assert_eq(read_everything(&sample), SEALIFT_CORRUPT, "%s", sample.err.message);
    memset(whole.data + 4096, 0xff, 4096);
    replace(&sample, buf_bytes(&whole));
    cr_assert_eq(read_everything(&sample), SEALIFT_CORRUPT, "%s", sample.err.message);
}

/* What is flipped in a free part of a page, or in a text, may go unnoticed; whatever is noticed is
 * called by its name. */
Test(table, survives_any_flipped_byte, .timeout = 100)
{
    SCOPED(config_sample_done) struct config_sample sample;
    SCOPED(buf_done) struct buf whole = {0};
    unsigned noticed = 0;

    config_sample_init(&sample);
    fill(&sample);
    table_close(&sample.table);
    cr_assert_eq(io_read_file(scratch_folder_at(&sample.scratch, "sealift.db"), 1 << 20, &whole, &sample.err),
                 SEALIFT_OK);
    for (size_t at = 0; at < whole.len; at += at < 120 ? 1 : 97) {
        enum sealift_status status;

        whole.data[at] ^= 0xff;
        replace(&sample, buf_bytes(&whole));
        whole.data[at] ^= 0xff;
        status = read_everything(&sample);
        cr_assert(status == SEALIFT_OK || status == SEALIFT_CORRUPT || status == SEALIFT_INVALID, "byte %zu: %s", at,
                  sample.err.message);
        noticed += status != SEALIFT_OK;
    }
    cr_assert_gt(noticed, 100);
}

/* --- a disk that is full or cannot be written --- */

static void
mount_tiny(struct scratch_folder *scratch)
{
    if (geteuid() == 0 && unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
        mount("tmpfs", scratch->path, "tmpfs", 0, "size=512k,mode=0700") == 0)
        return;
    scratch_folder_done(scratch);
    cr_skip_test("only root, with mount namespaces and tmpfs, can mount the small file system that this test fills");
}

Test(table, says_that_the_disk_is_full_and_keeps_what_it_has)
{
    SCOPED(config_sample_done) struct config_sample sample = {0};
    enum sealift_status status = SEALIFT_OK;
    struct table_obs obs = config_sample_obs("0");
    unsigned added = 0;

    scratch_folder_make(&sample.scratch);
    mount_tiny(&sample.scratch);
    config_sample_open(&sample);
    memset(obs.options, 'x', sizeof(obs.options) - 1);
    while (status == SEALIFT_OK) {
        snprintf(obs.name, sizeof(obs.name), "%u", ++added);
        status = table_obs_add(sample.table, &obs, &sample.err);
    }
    cr_assert_eq(status, SEALIFT_IO, "%s", sample.err.message);
    config_sample_expect_message(&sample, "free some space");
    table_close(&sample.table);
    config_sample_open(&sample);
    cr_assert_eq(table_obs_get(sample.table, "1", &obs, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    cr_assert_eq(table_obs_get(sample.table, obs.name, &obs, &sample.err), SEALIFT_OK);
}

Test(table, says_that_its_file_system_is_read_only)
{
    SCOPED(config_sample_done) struct config_sample sample = {0};
    struct table_obs obs = config_sample_obs("dr");

    scratch_folder_make(&sample.scratch);
    mount_tiny(&sample.scratch);
    config_sample_open(&sample);
    cr_assert_eq(table_obs_add(sample.table, &obs, &sample.err), SEALIFT_OK);
    table_close(&sample.table);
    cr_assert_eq(mount(NULL, sample.scratch.path, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    expect_refusal(&sample, sample.scratch.path, SEALIFT_IO, "mount the file system for writing");
}

Test(table, says_who_may_not_write_it)
{
    SCOPED(config_sample_done) struct config_sample sample;
    const char *path;

    config_sample_init(&sample);
    table_close(&sample.table);
    path = scratch_folder_at(&sample.scratch, "sealift.db");
    if (geteuid() == 0) /* permissions bind only an ordinary user */
        cr_assert(chown(sample.scratch.path, 65534, 65534) == 0 && chown(path, 65534, 65534) == 0 &&
                  seteuid(65534) == 0);
    cr_assert_eq(chmod(path, 0400), 0);
    expect_refusal(&sample, sample.scratch.path, SEALIFT_DENIED, "must be allowed to write it");
    if (getuid() == 0)
        cr_assert_eq(seteuid(0), 0);
}

/* --- several processes --- */

/* Waits for a child; its exit code. */
static int
wait_for(pid_t child)
{
    int status;

    cr_assert_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* In a child: opens the table and adds 20 object stores of its own. */
static int
add_twenty(const char *home, unsigned child)
{
    SCOPED(table_close) struct table *table = NULL;
    struct sealift_error err;

    if (table_open(&config_sample_world, home, &table, &err) != SEALIFT_OK) {
        fprintf(stderr, "child %u: %s\n", child, err.message);
        return 1;
    }
    for (unsigned i = 0; i < 20; i++) {
        char name[32];
        struct table_obs obs;

        snprintf(name, sizeof(name), "%u-%u", child, i);
        obs = config_sample_obs(name);
        if (table_obs_add(table, &obs, &err) != SEALIFT_OK) {
            fprintf(stderr, "child %u: %s\n", child, err.message);
            return 1;
        }
    }
    return 0;
}

static enum sealift_status
count_obs(void *context, const struct table_obs *obs, struct sealift_error *err)
{
    (void)obs;
    (void)err;
    ++*(unsigned *)context;
    return SEALIFT_OK;
}

Test(table, is_made_and_used_by_several_processes_at_once, .timeout = 100)
{
    enum { CHILDREN = 6 };
    SCOPED(config_sample_done) struct config_sample sample = {0};

    for (unsigned round = 0; round < 10; round++) {
        pid_t children[CHILDREN];
        char home[512];
        unsigned count = 0;

        if (round == 0)
            scratch_folder_make(&sample.scratch);
        snprintf(home, sizeof(home), "%s/%u", sample.scratch.path, round);
        for (unsigned i = 0; i < CHILDREN; i++) {
            children[i] = fork();
            if (children[i] == 0)
                _exit(add_twenty(home, i));
        }
        for (unsigned i = 0; i < CHILDREN; i++)
            cr_assert_eq(wait_for(children[i]), 0);
        cr_assert_eq(table_open(&config_sample_world, home, &sample.table, &sample.err), SEALIFT_OK);
        cr_assert_eq(table_obs_list(sample.table, count_obs, &count, &sample.err), SEALIFT_OK);
        cr_assert_eq(count, CHILDREN * 20);
        table_close(&sample.table);
    }
}

/* In a child, until it is killed: publishes snapshot after snapshot, each in one transaction, and says which. */
static void
publish_for_ever(const char *home, int report)
{
    struct table *table;
    struct table_fs fs;
    struct sealift_error err;

    if (table_open(&config_sample_world, home, &table, &err) != SEALIFT_OK ||
        table_fs_get(table, "home", &fs, &err) != SEALIFT_OK)
        _exit(1);
    for (uint64_t sequence = fs.last_sequence + 1;; sequence++) {
        struct table_snapshot snapshot = config_sample_snapshot(&fs, "monday");
        uint8_t body[32];

        memset(body, (int)(sequence & 0xff), sizeof(body));
        snapshot.status = TABLE_SNAPSHOT_UPLOADED;
        snapshot.upload = config_sample_uuid(1);
        snapshot.size = sequence;
        if (table_snapshot_published(table, &snapshot, sequence, body, &err) != SEALIFT_OK ||
            write(report, &sequence, sizeof(sequence)) != sizeof(sequence))
            _exit(1);
    }
}

static uint64_t
read_last_report(int report)
{
    uint64_t sequence = 0;

    while (read(report, &sequence, sizeof(sequence)) == sizeof(sequence))
        ;
    return sequence;
}

static void
kill_after(pid_t child, unsigned us)
{
    usleep(us);
    cr_assert_eq(kill(child, SIGKILL), 0);
    cr_assert_eq(wait_for(child), -1, "the child ended by itself");
}

Test(table, opens_whole_after_a_sigkill_at_any_moment, .timeout = 100)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_snapshot snapshot;
    struct table_fs fs;
    unsigned seed = 3;

    config_sample_init(&sample);
    fs = config_sample_add_fs(&sample, "home", 1);
    snapshot = config_sample_snapshot(&fs, "monday");
    cr_assert_eq(table_snapshot_add(sample.table, &snapshot, &sample.err), SEALIFT_OK);
    table_close(&sample.table);
    for (unsigned round = 0; round < 50; round++) {
        uint64_t last;
        int report[2];
        pid_t child;

        cr_assert_eq(pipe2(report, O_CLOEXEC), 0);
        child = fork();
        if (child == 0)
            publish_for_ever(sample.scratch.path, report[1]);
        close(report[1]);
        kill_after(child, (unsigned)rand_r(&seed) % 60000);
        last = read_last_report(report[0]);
        close(report[0]);

        config_sample_open(&sample);
        cr_assert_eq(table_fs_get(sample.table, "home", &fs, &sample.err), SEALIFT_OK);
        cr_assert_eq(table_snapshot_get(sample.table, &fs.uuid, "monday", &snapshot, &sample.err), SEALIFT_OK);
        cr_assert_geq(fs.last_sequence, last, "what was reported as done is there");
        cr_assert_eq(snapshot.size, fs.last_sequence, "both or neither");
        cr_assert_eq(fs.last_body_sha256[31], fs.last_sequence & 0xff);
        table_close(&sample.table);
    }
    cr_assert_gt(fs.last_sequence, 50);
}
