#include "manifest.h"
#include "scoped.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The UUIDs of the seeds: what else would be refused at once. */
static const char fs_text[] = "62acf36b-a9bb-4187-b573-0e4353be559d";
static const char upload_text[] = "01a0c450-6c00-7b92-a50b-6fd66c7b5a26";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(manifest_done) struct manifest manifest = {0};
    SCOPED(secret_free) struct secret *key = NULL;
    struct private_part names;
    struct sealift_error err;
    struct uuid fs, upload;

    if (!uuid_parse(fs_text, &fs) || !uuid_parse(upload_text, &upload))
        __builtin_trap();
    if (manifest_parse((struct bytes){data, size}, &fs, &upload, &manifest, &err) != SEALIFT_OK)
        return 0;
    for (size_t i = 0; i < manifest.part_count; i++)
        if (!frame_ref_is_possible(&manifest.parts[i].frame))
            __builtin_trap();
    if (secret_new(FS_KEY_SIZE, &key, &err) != SEALIFT_OK)
        return 0;
    if (manifest_authenticate(&manifest, key, &err) == SEALIFT_OK ||
        manifest_private(&manifest, key, &names, &err) == SEALIFT_OK)
        __builtin_trap(); /* the key is all zeros */
    return 0;
}
