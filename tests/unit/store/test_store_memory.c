#include "store_memory.h"

#include "digest.h"
#include "scoped.h"

#include <criterion/criterion.h>

Test(store_memory, shows_what_somebody_wrote_over_an_object)
{
    SCOPED(store_free) struct store *store = NULL;
    SCOPED(buf_done) struct buf got = {0};
    struct sealift_error err;
    struct store_head head;
    uint8_t digest[SHA256_SIZE];

    cr_assert_eq(store_memory_new(&store, &err), SEALIFT_OK);
    cr_assert_eq(store_put_small(store, "a", bytes_of_text("ours"), &err), SEALIFT_OK);
    cr_assert_eq(store_memory_overwrite(store, "a", bytes_of_text("theirs"), &err), SEALIFT_OK);
    cr_assert_eq(store_get(store, "a", 9, &got, &err), SEALIFT_OK);
    cr_assert(bytes_equal(buf_bytes(&got), bytes_of_text("theirs")));
    cr_assert_eq(store_head(store, "a", &head, &err), SEALIFT_OK);
    cr_assert_eq(head.size, 6);
    cr_assert_eq(head.checksum, STORE_CHECKSUM_SHA256);
    cr_assert_eq(sha256(bytes_of_text("theirs"), digest, &err), SEALIFT_OK);
    cr_assert_arr_eq(head.sha256, digest, sizeof(digest));
    cr_assert_eq(store_memory_overwrite(store, "b", bytes_of_text("x"), &err), SEALIFT_NOT_FOUND);
}
