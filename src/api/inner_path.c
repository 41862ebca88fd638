#include "inner_path.h"

#include "error.h"
#include "scoped.h"
#include "shown_path.h"

#include <string.h>

static enum sealift_status
append_name(const char *name, size_t len, bool is_first, struct buf *out, struct sealift_error *err)
{
    if (!is_first)
        TRY(buf_append_text(out, "/", err));
    return buf_append(out, name, len, err);
}

enum sealift_status
inner_path_append(const char *text, struct buf *out, struct sealift_error *err)
{
    size_t begin = out->len;

    for (const char *at = text != NULL ? text : ""; *at != '\0';) {
        size_t len = strcspn(at, "/");

        if (len > 0 && !(len == 1 && at[0] == '.'))
            TRY(append_name(at, len, out->len == begin, out, err));
        at += len + (at[len] == '/' ? 1 : 0);
    }
    if (!tree_path_is_valid((struct bytes){out->data + begin, out->len - begin}))
        return error_set(err, SEALIFT_INVALID,
                         "%s: no path of a snapshot can be like this; write it as `sealift fs snapshot ls` shows it",
                         shown_path(bytes_of_text(text)).text);
    return SEALIFT_OK;
}
