#include "fixture_home.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void
insist(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "the fixture of the API tests: %s\n", what);
    abort();
}

const char *
fixture_path(struct fixture *fixture, const char *below)
{
    return scratch_folder_at(&fixture->scratch, below);
}

const char *
fixture_url(struct fixture *fixture, const char *below)
{
    static char urls[8][600];
    static unsigned next;
    char *url = urls[next++ % 8];

    snprintf(url, sizeof(urls[0]), "file://%s", fixture_path(fixture, below));
    return url;
}

void
fixture_write(struct fixture *fixture, const char *below, const char *text)
{
    FILE *file = fopen(fixture_path(fixture, below), "w");

    insist(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0, below);
}

static struct sealift *
open_home(struct fixture *fixture, const char *below)
{
    const struct sealift_options options = {.home = fixture_path(fixture, below)};
    struct sealift *sealift;

    insist(sealift_open(&options, &sealift, &fixture->err) == SEALIFT_OK, fixture->err.message);
    return sealift;
}

void
fixture_init(struct fixture *fixture, bool with_store)
{
    *fixture = (struct fixture){0};
    scratch_folder_make(&fixture->scratch);
    fixture->sealift = open_home(fixture, "home");
    if (!with_store)
        return;
    fixture_expect(fixture,
                   sealift_obs_add(fixture->sealift, "dr",
                                   &(struct sealift_obs_spec){.url = fixture_url(fixture, "store")}, false,
                                   &fixture->err),
                   SEALIFT_OK, "");
}

void
fixture_done(struct fixture *fixture)
{
    sealift_close(&fixture->sealift);
    scratch_folder_done(&fixture->scratch);
}

void
fixture_reopen(struct fixture *fixture)
{
    fixture->sealift = open_home(fixture, "home");
}

static void
copy_key(struct fixture *fixture, const char *home)
{
    char to[512], key[64];
    FILE *in, *out;
    size_t len;

    insist(mkdir(fixture_path(fixture, home), 0700) == 0, home); /* nothing has needed its table yet */
    snprintf(to, sizeof(to), "%s/%s/local-kms.key", fixture->scratch.path, home);
    in = fopen(fixture_path(fixture, "home/local-kms.key"), "r");
    out = fopen(to, "w");
    insist(in != NULL && out != NULL && chmod(to, 0600) == 0, "copy the local KMS's key");
    len = fread(key, 1, sizeof(key), in);
    insist(fwrite(key, 1, len, out) == len, to);
    fclose(in);
    insist(fclose(out) == 0, to);
}

struct sealift *
fixture_open_another(struct fixture *fixture, const char *home)
{
    struct sealift *sealift = open_home(fixture, home);

    copy_key(fixture, home);
    return sealift;
}

void
fixture_add_fs(struct fixture *fixture, const char *name, const char *below)
{
    const char *path = fixture_path(fixture, below);
    const struct sealift_fs_spec spec = {.name = name, .path = path, .obs = "dr", .allow_no_kms = true};

    mkdir(path, 0755);
    fixture_expect(fixture, sealift_fs_add(fixture->sealift, &spec, &fixture->err), SEALIFT_OK, "");
}

void
fixture_add_snapshot(struct fixture *fixture, const char *fs, const char *name)
{
    const struct sealift_snapshot_spec spec = {.fs = fs, .name = name};

    fixture_expect(fixture, sealift_snapshot_add(fixture->sealift, &spec, &fixture->err), SEALIFT_OK, "");
}

void
fixture_add_uploaded(struct fixture *fixture, const char *name, const char *below, char ret_locator[74])
{
    const struct sealift_upload_spec upload = {.fs = name, .snapshot = "monday"};
    struct sealift_upload_result result;
    char file[256];

    fixture_add_fs(fixture, name, below);
    snprintf(file, sizeof(file), "%s/file", below);
    fixture_write(fixture, file, "text");
    fixture_add_snapshot(fixture, name, "monday");
    fixture_expect(fixture, sealift_snapshot_upload(fixture->sealift, &upload, &result, &fixture->err), SEALIFT_OK, "");
    memcpy(ret_locator, result.locator, 74);
}

void
fixture_expect(struct fixture *fixture, enum sealift_status answered, enum sealift_status status, const char *word)
{
    char what[2200];

    if (answered == SEALIFT_OK)
        fixture->err.message[0] = '\0';
    snprintf(what, sizeof(what), "answered %s \"%s\"; %s with \"%s\" was expected", sealift_status_name(answered),
             fixture->err.message, sealift_status_name(status), word);
    insist(answered == status && strstr(fixture->err.message, word) != NULL, what);
}

static struct {
    const char *part;
    size_t count;
} counting;

static int
count_object(const char *path, const struct stat *about, int type, struct FTW *where)
{
    (void)about;
    (void)where;
    counting.count += type == FTW_F && strstr(path, counting.part) != NULL;
    return 0;
}

size_t
fixture_count_objects(struct fixture *fixture, const char *part)
{
    counting.part = part;
    counting.count = 0;
    nftw(fixture_path(fixture, "store"), count_object, 16, FTW_PHYS);
    return counting.count;
}

static void
hear(void *context, enum sealift_notice notice, const char *path, const char *reason)
{
    struct fixture *fixture = context;
    size_t len = strlen(fixture->notices);

    (void)notice;
    snprintf(fixture->notices + len, sizeof(fixture->notices) - len, "%s: %s\n", path, reason);
}

struct sealift_transfer_options
fixture_listen(struct fixture *fixture)
{
    return (struct sealift_transfer_options){.notice = hear, .context = fixture};
}
