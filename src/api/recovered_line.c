#include "recovered_line.h"

#include "error.h"
#include "scoped.h"
#include "vault_config.h"

#include <stdio.h>
#include <string.h>

void
recovered_line_begin(struct recovered_line *line, const struct uuid *fs)
{
    *line = (struct recovered_line){0};
    uuid_format(fs, line->id);
    line->recovered.id = line->id;
}

/* As far as it is known by now. */
static void
show(struct recovered_line *line, const struct recovered_fs *fs)
{
    struct sealift_recovered *recovered = &line->recovered;

    recovered->kms_type = fs->by.type;
    recovered->kms_namespace = fs->by.name_space;
    recovered->kms_mount = fs->by.mount;
    recovered->kms_key_identifier = fs->by.key_identifier;
    if (line->problem.status != SEALIFT_OK)
        recovered->problem = line->problem.message;
    if (line->advice[0] != '\0')
        recovered->advice = line->advice;
    if (fs->row.name[0] == '\0')
        return;
    recovered->name = fs->row.name;
    recovered->path = fs->row.path;
    recovered->encrypted = fs->row.at_rest[0] != '\0';
    recovered->own_key = fs->row.own_key[0] != '\0';
    recovered->passed_over = fs->passed_over;
    recovered->sequence = fs->row.last_sequence;
}

/* A place that only a record claims: what cannot stand in a command as it is, is not put into one. */
static bool
is_word(const char *text)
{
    return text[0] != '\0' && text[0] != '-' &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-")] == '\0';
}

/* --- it came --- */

static const char *
outcome_of(const struct recovered_line_scene *scene, const struct recovered_fs *fs, uint64_t snapshots)
{
    if (!fs->is_known)
        return scene->dry_run ? "would-recover" : "recovered";
    if (snapshots == 0)
        return "current";
    return scene->dry_run ? "would-merge" : "merged";
}

static const char *
said_namespace(const struct kms_hint *claim)
{
    return claim->name_space[0] == '\0' ? VAULT_ROOT_NAMESPACE : claim->name_space;
}

/* The options of the command that moves it there; what is the cluster's, an own key has anyway. False:
 * there are none. */
static bool
say_place(const struct kms_config *cluster, const struct kms_hint *claim, struct buf *out, struct sealift_error *err)
{
    const struct vault_config *vault = &cluster->vault;
    const bool elsewhere = cluster->type == KMS_VAULT && strcmp(claim->name_space, vault->name_space) != 0;
    const bool mounted = cluster->type == KMS_VAULT && strcmp(claim->mount, vault->transit_path) != 0;
    const char *name_space = said_namespace(claim);
    struct kms_hint place;

    kms_config_place(cluster, &place);
    if (strcmp(place.type, claim->type) != 0 || !is_word(claim->key_identifier) ||
        (elsewhere && !is_word(name_space)) || (mounted && !is_word(claim->mount)))
        return false;
    if (kms_is_place_of(&place, claim))
        return buf_printf(out, " --use-cluster-kms-key-identifier", err) == SEALIFT_OK;
    return buf_printf(out, "%s%s --kms-key-identifier %s%s%s%s", err, elsewhere ? " --kms-namespace " : "",
                      elsewhere ? name_space : "", claim->key_identifier, mounted ? " --kms-transit-path " : "",
                      mounted ? claim->mount : "",
                      elsewhere ? " --kms-role-id ROLE --kms-secret-id-file FILE" : "") == SEALIFT_OK;
}

/* Half a command is none. */
static void
advise_moving(struct recovered_line *line, const struct recovered_line_scene *scene, const struct recovered_fs *fs)
{
    SCOPED(buf_done) struct buf command = {.max = sizeof(line->advice) - 1};
    struct sealift_error ignored;

    if (buf_printf(&command, "sealift fs update %s", &ignored, is_word(fs->row.name) ? fs->row.name : "NAME") ==
            SEALIFT_OK &&
        say_place(scene->kms, &fs->moved, &command, &ignored))
        snprintf(line->advice, sizeof(line->advice), "%.*s", (int)command.len, (const char *)command.data);
}

static void
advise_setting(struct recovered_line *line, const struct kms_hint *claim)
{
    if (strcmp(claim->type, "vault") == 0 || strcmp(claim->type, "kmip") == 0)
        snprintf(line->advice, sizeof(line->advice), "sealift kms set %s ...", claim->type);
}

static void
format_place(const struct kms_hint *place, char out[1024])
{
    snprintf(out, 1024, "%s key %s%s%s%s%s", place->type, place->mount, place->mount[0] != '\0' ? "/" : "",
             place->key_identifier, place->name_space[0] != '\0' ? " in namespace " : "", place->name_space);
}

/* To a key within the KMS that is set, or, with the whole cluster, to another one. */
static void
tell_moved(struct recovered_line *line, const struct recovered_line_scene *scene, const struct recovered_fs *fs)
{
    const bool same_type = strcmp(fs->moved.type, fs->by.type) == 0;
    char moved[1024], by[1024];

    format_place(&fs->moved, moved);
    format_place(&fs->by, by);
    (void)error_set(&line->problem, SEALIFT_KEY,
                    "a newer key record says, and nobody vouches for it, that %s wraps it; it is under %s, of an older "
                    "one: %s, unless the newer record is of a second KMS (\"sealift fs key\")",
                    moved, by,
                    same_type ? "where it was moved, it is to be moved again"
                              : "where the cluster was moved there, that KMS is to be set (\"sealift kms set\")");
    if (same_type)
        advise_moving(line, scene, fs);
    else
        advise_setting(line, &fs->moved);
}

static void
tell_selection(struct recovered_line *line)
{
    static const char text[] = "its newest snapshot left out something else than what came back for the next ones; "
                               "\"sealift fs update\" sets that";

    if (line->problem.status == SEALIFT_OK)
        (void)error_set(&line->problem, SEALIFT_INVALID, "%s", text);
    else
        (void)error_hint(&line->problem, "%s", text);
}

void
recovered_line_succeed(struct recovered_line *line, const struct recovered_line_scene *scene,
                       const struct recovered_fs *fs)
{
    line->recovered.outcome = outcome_of(scene, fs, line->recovered.snapshots);
    if (line->problem.status == SEALIFT_OK && fs->moved.type[0] != '\0')
        tell_moved(line, scene, fs);
    if (!fs->is_known && fs->selects_otherwise)
        tell_selection(line);
    show(line, fs);
}

/* --- it did not --- */

static void
advise_own_key(struct recovered_line *line, const struct recovered_line_scene *scene, const struct kms_hint *claim)
{
    const bool vault = scene->kms->type == KMS_VAULT;
    const char *name_space = said_namespace(claim);
    const bool elsewhere = vault && strcmp(claim->name_space, scene->kms->vault.name_space) != 0 && is_word(name_space);

    snprintf(line->advice, sizeof(line->advice), "sealift cluster recover %s --fs %s --kms-key-identifier %s%s%s%s",
             scene->obs, line->id, claim->key_identifier, elsewhere ? " --kms-namespace " : "",
             elsewhere ? name_space : "",
             vault ? " --kms-role-id ROLE --kms-secret-id-file FILE" : " --kms-client-cert FILE --kms-client-key FILE");
}

static void
advise_waiting(struct recovered_line *line, const struct recovered_line_scene *scene, const struct kms_hint *claim)
{
    struct kms_hint place;

    kms_config_place(scene->kms, &place);
    if (scene->kms->type != KMS_NONE && strcmp(claim->type, place.type) == 0 && is_word(claim->key_identifier))
        advise_own_key(line, scene, claim);
    else if (strcmp(claim->type, "local") == 0)
        snprintf(line->advice, sizeof(line->advice), "cp local-kms.key %s/", scene->home);
    else
        advise_setting(line, claim);
}

void
recovered_line_fail(struct recovered_line *line, const struct recovered_line_scene *scene,
                    const struct recovered_fs *fs, const struct sealift_error *failure)
{
    line->problem = *failure;
    if (failure->status == SEALIFT_CONFLICT) {
        line->recovered.outcome = "taken";
        if (!fs->is_known)
            snprintf(line->advice, sizeof(line->advice),
                     "sealift cluster recover %s --fs %s --new-name NAME --path PATH", scene->obs, line->id);
    } else if (fs->by.type[0] != '\0' && fs->row.name[0] == '\0') {
        line->recovered.outcome = "waiting";
        advise_waiting(line, scene, &fs->by);
    } else {
        line->recovered.outcome = "failed";
    }
    show(line, fs);
}
