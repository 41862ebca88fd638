#include "xattr_set.h"

#include "error.h"
#include "scoped.h"
#include "varint.h"

#include <string.h>

#define NAME_MAX_LEN 255 /* XATTR_NAME_MAX of Linux */

static enum sealift_status
encode(const char *name, struct bytes value, struct buf *out, struct sealift_error *err)
{
    TRY(varint_append(out, strlen(name), err));
    TRY(buf_append_text(out, name, err));
    TRY(varint_append(out, value.len, err));
    return buf_append_bytes(out, value, err);
}

/* Where in the set an attribute of that name begins, or would. */
static enum sealift_status
find_place(const struct buf *set, const char *name, size_t *ret_at, struct sealift_error *err)
{
    struct bytes rest = buf_bytes(set);

    while (rest.len > 0) {
        size_t at = set->len - rest.len;
        char found[NAME_MAX_LEN + 1];
        struct bytes value;
        int order;

        TRY(xattr_set_cut(&rest, found, &value, err));
        order = strcmp(found, name);
        if (order == 0)
            return error_set(err, SEALIFT_INVALID, "extended attribute %s is there twice", name);
        if (order > 0) {
            *ret_at = at;
            return SEALIFT_OK;
        }
    }
    *ret_at = set->len;
    return SEALIFT_OK;
}

enum sealift_status
xattr_set_add(struct buf *set, const char *name, struct bytes value, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf encoded = {0};
    size_t at;

    if (name[0] == '\0' || strlen(name) > NAME_MAX_LEN)
        return error_set(err, SEALIFT_INVALID, "extended attribute \"%s\": a name has 1 to 255 bytes", name);
    TRY(find_place(set, name, &at, err));
    TRY(encode(name, value, &encoded, err));
    TRY(buf_reserve(set, encoded.len, err));
    memmove(set->data + at + encoded.len, set->data + at, set->len - at);
    memcpy(set->data + at, encoded.data, encoded.len);
    set->len += encoded.len;
    return SEALIFT_OK;
}

enum sealift_status
xattr_set_cut(struct bytes *set, char ret_name[256], struct bytes *ret_value, struct sealift_error *err)
{
    struct bytes rest = *set, name, value;

    if (!varint_cut_bytes(&rest, &name) || !varint_cut_bytes(&rest, &value))
        return error_set(err, SEALIFT_CORRUPT, "a set of extended attributes that ends too early");
    if (name.len == 0 || name.len > NAME_MAX_LEN || memchr(name.data, '\0', name.len) != NULL)
        return error_set(err, SEALIFT_CORRUPT, "an extended attribute whose name is none");
    memcpy(ret_name, name.data, name.len);
    ret_name[name.len] = '\0';
    *ret_value = value;
    *set = rest;
    return SEALIFT_OK;
}

enum sealift_status
xattr_set_check(struct bytes set, struct sealift_error *err)
{
    char names[2][NAME_MAX_LEN + 1] = {"", ""};
    struct bytes value;

    for (unsigned turn = 0; set.len > 0; turn ^= 1) {
        TRY(xattr_set_cut(&set, names[turn], &value, err));
        if (strcmp(names[turn ^ 1], names[turn]) >= 0)
            return error_set(err, SEALIFT_CORRUPT, "extended attribute %s is out of order", names[turn]);
    }
    return SEALIFT_OK;
}
