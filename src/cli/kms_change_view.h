/* How a change of KMS is shown: the KMS that is in force now, and what became of each filesystem that was to move. */
#ifndef KMS_CHANGE_VIEW_H
#define KMS_CHANGE_VIEW_H

#include "cli.h"
#include "listing.h"

struct kms_change_view {
    struct cli *cli;
    struct listing listing;
};

struct kms_change_view kms_change_view_of(struct cli *cli);
void kms_change_view_done(struct kms_change_view *view);

/* A sealift_each_rewrapped whose context is the view. */
enum sealift_status kms_change_view_add(void *view, const struct sealift_rewrapped *rewrapped,
                                        struct sealift_error *err);

/* Shows all of it, as far as there is something, and returns `status`, with `err`: that of the change. */
enum sealift_status kms_change_view_show(struct kms_change_view *view, enum sealift_status status,
                                         struct sealift_error *err);

#endif
