#include "preview.h"
#include "scoped.h"
#include "session.h"
#include "upload_source.h"

enum sealift_status
sealift_snapshot_preview(struct sealift *sealift, const struct sealift_upload_spec *spec,
                         sealift_each_preview_entry *each, void *context, struct sealift_preview_result *ret_result,
                         struct sealift_error *err)
{
    SCOPED(upload_source_done) struct upload_source source = {0};
    SCOPED(session_end) struct session session = {0};
    struct preview_request request = {
        .selection = &source.selection, .cross_mounts = spec->cross_mounts, .each = each, .context = context};

    TRY(upload_source_find(sealift, spec, &source, err));
    TRY(session_begin(sealift, &spec->transfer, 0, &session, err));
    request.path = upload_source_path(&source);
    request.live = upload_source_is_live(&source);
    request.memory = session.budget.walk;
    return preview_run(&sealift->world, session.progress, &request, ret_result, err);
}
