#include "log_record.h"
#include "scoped.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was parsed can be written, and says the same when it is parsed again. */
static void
build_again(const struct log_record *record)
{
    SCOPED(log_record_done) struct log_record again = {0};
    SCOPED(buf_done) struct buf text = {0};
    struct sealift_error err;

    if (log_record_build(record, &text, &err) != SEALIFT_OK || text.len > LOG_RECORD_MAX_SIZE)
        return;
    if (log_record_parse(buf_bytes(&text), &record->fs, &record->upload, record->number, &again, &err) != SEALIFT_OK ||
        again.kind != record->kind || again.segment_count != record->segment_count ||
        again.usage_count != record->usage_count || again.parent_count != record->parent_count)
        __builtin_trap();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sealift_error err;
    struct uuid fs, upload;

    if (!uuid_parse("62acf36b-a9bb-4187-b573-0e4353be559d", &fs) ||
        !uuid_parse("01a0c450-6c00-7b92-a50b-6fd66c7b5a26", &upload))
        __builtin_trap();
    for (uint32_t number = 0; number < 3; number++) {
        SCOPED(log_record_done) struct log_record record = {0};

        if (log_record_parse((struct bytes){data, size}, &fs, &upload, number, &record, &err) == SEALIFT_OK)
            build_again(&record);
    }
    return 0;
}
