/* What stages report to the upload as a whole: paths that will not be in the snapshot, and that they are done. */
#include "shown_path.h"
#include "upload_stages.h"

#include <string.h>

void
upload_missing(struct upload *upload, struct bytes path, const char *reason)
{
    atomic_fetch_add(&upload->missing, 1);
    if (!upload->request->allow_missing)
        atomic_store(&upload->doomed, true);
    progress_notice(upload->progress, SEALIFT_NOTICE_MISSING, path, reason);
}

void
upload_vanished(struct upload *upload, struct bytes path, const char *reason)
{
    if (upload->request->live)
        progress_notice(upload->progress, SEALIFT_NOTICE_CHANGED, path, reason);
    else
        upload_missing(upload, path, reason);
}

void
upload_excluded(struct upload *upload, struct bytes path, const char *reason)
{
    atomic_fetch_add(&upload->excluded, 1);
    progress_notice(upload->progress, SEALIFT_NOTICE_EXCLUDED, path, reason);
}

const char *
upload_reason(const char *message, struct bytes path)
{
    const struct shown_path shown = shown_path(path);
    size_t len = strlen(shown.text);

    if (strncmp(message, shown.text, len) == 0 && strncmp(message + len, ": ", 2) == 0)
        return message + len + 2;
    return message;
}

bool
upload_is_about_the_path(enum sealift_status status)
{
    return status == SEALIFT_NOT_FOUND || status == SEALIFT_DENIED || status == SEALIFT_IO ||
           status == SEALIFT_CONFLICT;
}

void
upload_unreadable(struct upload *upload, struct batch_item *item, const struct sealift_error *reason)
{
    bool gone = reason->status == SEALIFT_NOT_FOUND && upload->request->live;

    item->outcome = gone ? ITEM_GONE : ITEM_MISSING;
    if (!gone && (item->large == NULL || !atomic_exchange(&item->large->told, true)))
        upload_missing(upload, item->entry->meta.path, upload_reason(reason->message, item->entry->meta.path));
}

void
upload_producer_done(struct upload *upload)
{
    if (atomic_fetch_sub(&upload->producers, 1) == 1)
        queue_close(upload->sealed);
}
