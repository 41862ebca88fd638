#include "s3_list.h"

#include "scoped.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum sealift_status
look(void *context, const struct s3_object *object, struct sealift_error *err)
{
    (void)context, (void)err;
    if (object->key[0] == '\0')
        abort(); /* every object has a name */
    return SEALIFT_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(s3_list_page_done) struct s3_list_page page = {0};
    struct sealift_error err;

    if (s3_list_parse((struct bytes){data, size}, look, NULL, &page, &err) == SEALIFT_OK && page.truncated &&
        page.token.len == 0)
        abort(); /* a page that goes on says where */
    return 0;
}
