#include "kms_move.h"

#include "error.h"
#include "handle.h"
#include "scoped.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAMES_TOLD 10
#define MORE       ", ..."

static const char *
type_name(enum kms_type type)
{
    switch (type) {
    case KMS_VAULT:
        return "vault";
    case KMS_KMIP:
        return "kmip";
    case KMS_LOCAL:
        return "local";
    case KMS_NONE:
        break;
    }
    return NULL;
}

/* The latest comes first. */
static enum sealift_status
note_former(void *context, int64_t id, const char *text, struct sealift_error *err)
{
    struct kms_move *move = context;

    (void)id;
    if (move->former_type != NULL && move->former.type != KMS_LOCAL)
        return SEALIFT_OK;
    if (move->former_type != NULL && strcmp(text, TABLE_KMS_LOCAL) == 0)
        return SEALIFT_OK;
    TRY(kms_config_from_json(bytes_of_text(text), &move->former, err));
    move->former_type = type_name(move->former.type);
    return SEALIFT_OK;
}

struct names {
    struct kms_move *move;
    int64_t told;
};

static enum sealift_status
note_fs(void *context, const struct table_fs *row, struct sealift_error *err)
{
    struct names *names = context;
    char *text = names->move->names;
    const size_t len = strlen(text), room = sizeof(names->move->names) - sizeof(MORE);

    (void)err;
    if (!row->moving)
        return SEALIFT_OK;
    names->move->moving++;
    if (names->told == NAMES_TOLD || len + strlen(", ") + strlen(row->name) > room)
        return SEALIFT_OK;
    names->told++;
    snprintf(text + len, room + 1 - len, "%s%s", len > 0 ? ", " : "", row->name);
    return SEALIFT_OK;
}

static const char *
what_to_do(const struct kms_move *move, bool any_in_force)
{
    if (!any_in_force)
        return "\"sealift kms reset --allow-downgrade\" goes on with the move to the local key, and \"sealift kms "
               "set\", given that KMS again, goes back";
    if (move->moving > 0)
        return "keep it until \"sealift kms rewrap\" has moved the rest; what it cannot move it tells, with the reason";
    if (move->former.type == KMS_LOCAL)
        return "\"sealift kms rewrap\" says what in buckets keeps it, and destroys it when nothing does";
    return "nothing is left to move, and \"sealift kms rewrap\" ends it";
}

static void
advise(struct kms_move *move, bool any_in_force)
{
    char which[sizeof(move->former.address) + 64];

    if (move->former.type == KMS_LOCAL)
        snprintf(which, sizeof(which), "the local key");
    else
        snprintf(which, sizeof(which), "the %s KMS before (%s)", move->former_type, move->former.address);
    if (move->moving > 0)
        snprintf(move->advice, sizeof(move->advice), "%" PRId64 " filesystem%s (%s) still need%s %s: %s", move->moving,
                 move->moving == 1 ? "" : "s", move->names, move->moving == 1 ? "s" : "", which,
                 what_to_do(move, any_in_force));
    else
        snprintf(move->advice, sizeof(move->advice), "%s is still known: %s", which, what_to_do(move, any_in_force));
}

enum sealift_status
kms_move_find(struct sealift *sealift, struct kms_move *ret_move, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};
    struct kms_move move = {0};
    struct names names = {.move = &move};
    struct sealift_error none;

    TRY(handle_need_table(sealift, err));
    TRY(table_kms_former_list(sealift->table, note_former, &move, err));
    TRY(table_fs_list(sealift->table, note_fs, &names, err));
    if (move.moving > names.told)
        strcat(move.names, MORE); /* note_fs() left room for it */
    if (move.former_type != NULL)
        advise(&move, table_kms_get(sealift->table, &text, &none) == SEALIFT_OK);
    *ret_move = move;
    return SEALIFT_OK;
}

enum sealift_status
kms_move_hint(struct sealift *sealift, struct sealift_error *err)
{
    struct sealift_error ignored;
    struct kms_move move;

    if (kms_move_find(sealift, &move, &ignored) != SEALIFT_OK || move.moving == 0)
        return err->status;
    return error_hint(err, "%s", move.advice);
}
