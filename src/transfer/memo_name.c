#include "memo_name.h"

#include "error.h"
#include "scoped.h"

enum sealift_status
memo_name_of_key(const char *store_url, const struct uuid *fs, const uint8_t key_check[KEY_CHECK_SIZE],
                 uint8_t ret_name[SHA256_SIZE], struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};

    TRY(buf_append_text(&text, store_url, err));
    TRY(buf_append(&text, "", 1, err)); /* where the URL ends */
    TRY(buf_append_bytes(&text, BYTES_OF(fs->bytes), err));
    TRY(buf_append(&text, key_check, KEY_CHECK_SIZE, err));
    return sha256(buf_bytes(&text), ret_name, err);
}

enum sealift_status
memo_name_of_wrapping(const struct envelope *envelope, uint8_t ret_name[SHA256_SIZE], struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};

    TRY(envelope_to_json(envelope, &text, err));
    return sha256(buf_bytes(&text), ret_name, err);
}
