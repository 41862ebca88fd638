#include "kms_change_view.h"

#include "cli_scoped.h"
#include "kms_view.h"
#include "rewrapped_view.h"

struct kms_change_view
kms_change_view_of(struct cli *cli)
{
    return (struct kms_change_view){cli, {.out = cli->out, .json = cli->json, .columns = rewrapped_view_columns}};
}

void
kms_change_view_done(struct kms_change_view *view)
{
    listing_done(&view->listing);
}

enum sealift_status
kms_change_view_add(void *context, const struct sealift_rewrapped *rewrapped, struct sealift_error *err)
{
    struct kms_change_view *view = context;

    if (view->cli->json && view->listing.rows == 0)
        fputs("{\"moved\":", view->cli->out);
    return listing_add(&view->listing, rewrapped, err);
}

/* `kms`: NULL when none is set. */
static void
show_json(struct kms_change_view *view, const struct sealift_kms *kms)
{
    FILE *out = view->cli->out;

    if (view->listing.rows == 0)
        fputs("{\"moved\":", out);
    listing_end(&view->listing);
    if (kms != NULL) {
        putc(',', out);
        output_json_fields(out, kms_view_columns, kms);
    }
    fputs("}\n", out);
}

static void
show_text(struct kms_change_view *view, const struct sealift_kms *kms)
{
    if (view->cli->quiet)
        return;
    if (kms != NULL)
        output_record(view->cli->out, kms_view_columns, kms);
    if (kms != NULL && view->listing.rows > 0)
        putc('\n', view->cli->out);
    listing_end(&view->listing);
}

enum sealift_status
kms_change_view_show(struct kms_change_view *view, enum sealift_status status, struct sealift_error *err)
{
    struct sealift_error ignored;
    struct sealift_kms kms;
    enum sealift_status is_set;

    if (status != SEALIFT_OK && view->listing.rows == 0) /* nothing was changed */
        return status;
    is_set = sealift_kms_get(view->cli->sealift, &kms, &ignored);
    if (is_set != SEALIFT_OK && is_set != SEALIFT_NOT_FOUND && status == SEALIFT_OK) {
        *err = ignored;
        status = is_set;
    }
    if (view->cli->json)
        show_json(view, is_set == SEALIFT_OK ? &kms : NULL);
    else
        show_text(view, is_set == SEALIFT_OK ? &kms : NULL);
    return status;
}
