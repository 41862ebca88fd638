/* A main for fuzz targets where libFuzzer is not at hand: runs every file named, and every file of a folder named,
 * once. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat info;
    uint8_t *data;
    size_t len;

    if (file == NULL || fstat(fileno(file), &info) != 0) {
        perror(path);
        exit(2);
    }
    /* Exactly as large as the input, so that AddressSanitizer sees a read behind its end. */
    data = malloc(info.st_size > 0 ? (size_t)info.st_size : 1);
    if (data == NULL)
        abort();
    len = fread(data, 1, (size_t)info.st_size, file);
    fclose(file);
    LLVMFuzzerTestOneInput(data, len);
    free(data);
    return 1;
}

static size_t
replay_folder(const char *path, DIR *folder)
{
    size_t count = 0;
    struct dirent *entry;

    while ((entry = readdir(folder)) != NULL) {
        char name[4096];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        count += replay_file(name);
    }
    closedir(folder);
    return count;
}

int
main(int argc, char **argv)
{
    size_t count = 0;

    for (int i = 1; i < argc; i++) {
        DIR *folder;

        if (argv[i][0] == '-')
            continue; /* an option for libFuzzer */
        folder = opendir(argv[i]);
        count += folder != NULL ? replay_folder(argv[i], folder) : replay_file(argv[i]);
    }
    printf("replayed %zu inputs\n", count);
    return count > 0 ? 0 : 1;
}
