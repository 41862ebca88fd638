/* Writes a small snapshot into a folder, for another reader to read:
 *
 *     make_sample FOLDER SEED
 *
 * FOLDER/bucket holds the objects, FOLDER/expected what has to be found (sample_expect()), FOLDER/keys the locator, the
 * FS key and the KEK, a line each. */
#include "io.h"
#include "sample_snapshot.h"

#include <libgen.h>
#include <sys/stat.h>

static void
make_folders(const char *path)
{
    char copy[4096];

    snprintf(copy, sizeof(copy), "%s", path);
    for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(copy, 0777);
        *slash = '/';
    }
}

static void
write_file(const char *folder, const char *name, struct bytes data)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    make_folders(path);
    SAMPLE_MUST(io_replace_file(path, 0600, data, err));
}

static void
write_keys(const char *folder, const struct sample_snapshot *sample)
{
    SCOPED(buf_done) struct buf text = {0};
    struct locator locator = {sample->fs, sample->upload};
    char locator_text[LOCATOR_SIZE], fs_key[2 * FS_KEY_SIZE + 1], kek[2 * KEY_SIZE + 1];

    locator_format(&locator, locator_text);
    hex_encode(secret_bytes(sample->fs_key), fs_key);
    hex_encode(secret_bytes(sample->kek), kek);
    SAMPLE_MUST(buf_printf(&text, "%s\n%s\n%s\n", err, locator_text, fs_key, kek));
    write_file(folder, "keys", buf_bytes(&text));
}

int
main(int argc, char **argv)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    char bucket[4096];

    if (argc != 3) {
        fprintf(stderr, "usage: make_sample FOLDER SEED\n");
        return 2;
    }
    sample_snapshot_make(&sample, strtoull(argv[2], NULL, 10));
    snprintf(bucket, sizeof(bucket), "%s/bucket", argv[1]);
    for (size_t i = 0; i < sample.object_count; i++)
        write_file(bucket, sample.objects[i].name, buf_bytes(&sample.objects[i].bytes));
    write_file(argv[1], "expected", buf_bytes(&sample.expected));
    write_keys(argv[1], &sample);
    return 0;
}
