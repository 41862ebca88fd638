/* One page of ListObjectsV2 (Amazon S3 API Reference): its request's query, and its answer. */
#ifndef S3_LIST_H
#define S3_LIST_H

#include "s3.h"

struct s3_list_page {
    bool truncated;
    struct buf token; /* of the next page, when this one is truncated; as the store gave it */
};

void s3_list_page_done(struct s3_list_page *page);

/* `after` is for the first page, `token` for the others; either may be NULL. */
enum sealift_status s3_list_query(const char *prefix, const char *after, const char *token, struct buf *out,
                                  struct sealift_error *err);

/* Calls `each` for every object of the page, in the page's order. CORRUPT for anything but such a page, and for an
 * entry without a key, a size or a time. */
enum sealift_status s3_list_parse(struct bytes body, s3_each *each, void *context, struct s3_list_page *ret_page,
                                  struct sealift_error *err);

#endif
