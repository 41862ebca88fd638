/* Memory is constant: what an upload and a download take does not depend on how many files there are, or how large they
 * are. Each runs in a process of its own, whose peak the kernel tells. */
#include "fixture_home.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)

/* The least ceiling that there is ... */
#define CEILING (64 * MIB)

/* ... and what comes on top of it: code, libc, OpenSSL, libcurl, SQLite, thread stacks, and Criterion, from whose
 * process ours is forked. */
#define LIBRARIES (16 * MIB)

static struct fixture fixture;
static char locator[74];

static void
write_noise(const char *below, size_t len)
{
    int fd = open(fixture_path(&fixture, below), O_CREAT | O_WRONLY, 0600);
    uint8_t noise[1 << 16];

    cr_assert_geq(fd, 0);
    for (size_t done = 0; done < len; done += sizeof(noise)) {
        entropy_system.fill(&entropy_system, noise, sizeof(noise));
        cr_assert_eq(write(fd, noise, sizeof(noise)), (ssize_t)sizeof(noise));
    }
    close(fd);
}

/* Half of the small files in one directory, the others in many; one large file. */
static void
make_tree(int small_files, size_t large)
{
    char below[64];

    for (int i = 0; i < small_files; i++) {
        if (i < small_files / 2) {
            snprintf(below, sizeof(below), "tree/a small file of many, number %d", i);
        } else {
            snprintf(below, sizeof(below), "tree/folder %d", i / 10);
            mkdir(fixture_path(&fixture, below), 0755);
            snprintf(below, sizeof(below), "tree/folder %d/%d", i / 10, i);
        }
        fixture_write(&fixture, below, below);
    }
    write_noise("tree/large", large);
}

static void
watch(void *context, const struct sealift_progress *progress)
{
    (void)context;
    (void)progress;
}

static enum sealift_status
upload(struct sealift *sealift)
{
    const struct sealift_upload_spec spec = {.fs = "home", .snapshot = "monday", .transfer.progress = watch};
    struct sealift_upload_result result;

    return sealift_snapshot_upload(sealift, &spec, &result, &fixture.err);
}

static enum sealift_status
download(struct sealift *sealift)
{
    const struct sealift_download_spec spec = {
        .name = "home2",
        .path = fixture_path(&fixture, "back"),
        .obs.url = "dr",
        .locator = locator,
        .allow_no_kms = true,
        .allow_degraded = true,
        .transfer.progress = watch,
    };
    struct sealift_download_result result;

    return sealift_fs_download(sealift, &spec, &result, &fixture.err);
}

static enum sealift_status
verify(struct sealift *sealift)
{
    const struct sealift_verify_spec spec = {
        .locator = locator, .obs.url = "dr", .kind = SEALIFT_VERIFY_READ, .transfer.progress = watch};
    struct sealift_verify_result result;

    return sealift_snapshot_verify(sealift, &spec, &result, &fixture.err);
}

/* Runs it in a child; the peak of its resident memory, in bytes. */
static size_t peak_of(enum sealift_status (*act)(struct sealift *sealift))
{
    const struct sealift_options options = {.home = fixture_path(&fixture, "home"), .memory = CEILING};
    struct sealift *sealift;
    struct rusage usage;
    pid_t child = fork();
    int state;

    cr_assert_geq(child, 0);
    if (child == 0) {
        enum sealift_status status = sealift_open(&options, &sealift, &fixture.err);

        if (status == SEALIFT_OK)
            status = act(sealift);
        if (status != SEALIFT_OK)
            fprintf(stderr, "%s\n", fixture.err.message);
        _exit(status == SEALIFT_OK ? 0 : 1);
    }
    cr_assert_eq(wait4(child, &state, 0, &usage), child);
    cr_assert(WIFEXITED(state) && WEXITSTATUS(state) == 0);
    return (size_t)usage.ru_maxrss * 1024;
}

static enum sealift_status
keep_locator(void *context, const struct sealift_snapshot *snapshot, struct sealift_error *err)
{
    (void)context;
    (void)err;
    snprintf(locator, sizeof(locator), "%s", snapshot->locator);
    return SEALIFT_OK;
}

static void
expect_bounded(const char *what, size_t peak)
{
    printf("%s: a peak of %zu MiB under a ceiling of %zu MiB\n", what, peak / MIB, CEILING / MIB);
    cr_assert_leq(peak, CEILING + LIBRARIES, "%s took %zu MiB", what, peak / MIB);
}

Test(memory, stays_below_the_ceiling_whatever_is_carried, .timeout = 110)
{
    bool long_run = getenv("SEALIFT_TEST_LONG") != NULL;

#ifdef __SANITIZE_ADDRESS__
    cr_skip_test("AddressSanitizer's own memory is in the way");
#endif
    fixture_init(&fixture, true);
    fixture_add_fs(&fixture, "home", "tree");
    make_tree(long_run ? 50000 : 4000, (long_run ? 300 : 100) * MIB);
    fixture_add_snapshot(&fixture, "home", "monday");
    sealift_close(&fixture.sealift);
    expect_bounded("upload", peak_of(upload));
    fixture_reopen(&fixture);
    fixture_expect(&fixture, sealift_snapshot_list(fixture.sealift, "home", keep_locator, NULL, &fixture.err),
                   SEALIFT_OK, "");
    sealift_close(&fixture.sealift);
    expect_bounded("verification", peak_of(verify));
    expect_bounded("download", peak_of(download));
    fixture_done(&fixture);
}
