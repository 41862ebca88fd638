#include "config_sample.h"
#include "scoped.h"

static void
expect_equal(const struct table_fs *a, const struct table_fs *b)
{
    cr_assert_str_eq(a->name, b->name);
    cr_assert(uuid_equal(&a->uuid, &b->uuid));
    cr_assert_str_eq(a->path, b->path);
    cr_assert_str_eq(a->obs, b->obs);
    cr_assert_eq(a->added_ns, b->added_ns);
    cr_assert_str_eq(a->origin, b->origin);
    cr_assert(uuid_equal(&a->key_record, &b->key_record));
    cr_assert_eq(a->last_sequence, b->last_sequence);
    cr_assert_arr_eq(a->last_body_sha256, b->last_body_sha256, 32);
    cr_assert_str_eq(a->at_rest, b->at_rest);
    cr_assert_str_eq(a->selection, b->selection);
    cr_assert_eq(a->incomplete, b->incomplete);
    cr_assert_str_eq(a->own_key, b->own_key);
    cr_assert_eq(a->generation, b->generation);
}

Test(table_fs, comes_back_as_it_was_added)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_obs obs = config_sample_obs("dr");
    struct table_fs fs = config_sample_fs("home", 1);
    struct envelope envelope = config_sample_envelope(&fs.uuid);
    struct table_fs got;

    config_sample_init(&sample);
    cr_assert_eq(table_obs_add(sample.table, &obs, &sample.err), SEALIFT_OK);
    strcpy(fs.obs, "dr");
    strcpy(fs.path, "/srv/\xff not UTF-8");
    strcpy(fs.origin, "a/b");
    fs.last_sequence = INT64_MAX;
    memset(fs.last_body_sha256, 0xab, 32);
    strcpy(fs.at_rest, "00112233445566778899aabbccddeeff");
    strcpy(fs.selection, "{\"exclude\":[]}");
    memset(fs.own_key, 'x', sizeof(fs.own_key) - 1);
    fs.generation = 4;
    cr_assert_eq(table_fs_add(sample.table, &fs, &envelope, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    table_close(&sample.table);
    config_sample_open(&sample);
    cr_assert_eq(table_fs_get(sample.table, "home", &got, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    expect_equal(&got, &fs);
    cr_assert_eq(table_fs_get_by_uuid(sample.table, &fs.uuid, &got, &sample.err), SEALIFT_OK);
    expect_equal(&got, &fs);
}

Test(table_fs, is_incomplete_until_it_is_complete)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_fs fs = config_sample_fs("home", 1), got;
    struct envelope envelope = config_sample_envelope(&fs.uuid);

    config_sample_init(&sample);
    strcpy(fs.selection, "{}");
    fs.incomplete = true;
    fs.generation = 1;
    cr_assert_eq(table_fs_add(sample.table, &fs, &envelope, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    cr_assert_eq(table_fs_check_free(sample.table, &fs, &sample.err), SEALIFT_CONFLICT);
    config_sample_expect_message(&sample, "cut off");
    cr_assert_eq(table_fs_get(sample.table, "home", &got, &sample.err), SEALIFT_OK);
    expect_equal(&got, &fs);
    cr_assert_eq(table_fs_complete(sample.table, &fs.uuid, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    fs.incomplete = false;
    cr_assert_eq(table_fs_get(sample.table, "home", &got, &sample.err), SEALIFT_OK);
    expect_equal(&got, &fs);
}

Test(table_fs, leaves_nothing_when_it_is_removed)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_fs fs, other, got;
    struct table_snapshot snapshot = {.name = "monday"};
    struct envelope envelope;

    config_sample_init(&sample);
    fs = config_sample_add_fs(&sample, "home", 1);
    other = config_sample_add_fs(&sample, "other", 2);
    snapshot.fs = fs.uuid;
    cr_assert_eq(table_snapshot_add(sample.table, &snapshot, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    cr_assert_eq(table_fs_remove(sample.table, &fs.uuid, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    cr_assert_eq(table_fs_get(sample.table, "home", &got, &sample.err), SEALIFT_NOT_FOUND);
    cr_assert_eq(table_fs_envelope(sample.table, &fs.uuid, &envelope, &sample.err), SEALIFT_NOT_FOUND);
    cr_assert_eq(table_snapshot_get(sample.table, &fs.uuid, "monday", &snapshot, &sample.err), SEALIFT_NOT_FOUND);
    cr_assert_eq(table_fs_envelope(sample.table, &other.uuid, &envelope, &sample.err), SEALIFT_OK);
    cr_assert_eq(table_fs_complete(sample.table, &fs.uuid, &sample.err), SEALIFT_NOT_FOUND);
    cr_assert_eq(table_fs_remove(sample.table, &fs.uuid, &sample.err), SEALIFT_OK);
    config_sample_add_fs(&sample, "home", 1);
}

Test(table_fs, says_what_is_not_there)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct uuid uuid = config_sample_uuid(9);
    struct envelope envelope;
    struct table_fs got;

    config_sample_init(&sample);
    cr_assert_eq(table_fs_get(sample.table, "home", &got, &sample.err), SEALIFT_NOT_FOUND);
    config_sample_expect_message(&sample, "\"home\"");
    cr_assert_eq(table_fs_get_by_uuid(sample.table, &uuid, &got, &sample.err), SEALIFT_NOT_FOUND);
    config_sample_expect_message(&sample, "09090909-");
    cr_assert_eq(table_fs_envelope(sample.table, &uuid, &envelope, &sample.err), SEALIFT_NOT_FOUND);
}

Test(table_fs, keeps_its_name_and_its_path_for_itself)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_fs fs = config_sample_fs("home", 2);
    struct envelope envelope = config_sample_envelope(&fs.uuid);

    config_sample_init(&sample);
    config_sample_add_fs(&sample, "home", 1);
    strcpy(fs.path, "/srv/elsewhere");
    cr_assert_eq(table_fs_add(sample.table, &fs, &envelope, &sample.err), SEALIFT_CONFLICT);
    config_sample_expect_message(&sample, "choose another name");
    strcpy(fs.path, "/srv/home");
    strcpy(fs.name, "other");
    cr_assert_eq(table_fs_add(sample.table, &fs, &envelope, &sample.err), SEALIFT_CONFLICT);
    config_sample_expect_message(&sample, "/srv/home is the filesystem \"home\"");
    strcpy(fs.path, "/srv/elsewhere");
    cr_assert_eq(table_fs_add(sample.table, &fs, &envelope, &sample.err), SEALIFT_OK, "%s", sample.err.message);
}

Test(table_fs, is_not_added_in_part)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_fs fs = config_sample_fs("home", 1);
    struct envelope envelope = config_sample_envelope(&fs.uuid);
    struct table_fs got;

    config_sample_init(&sample);
    strcpy(fs.obs, "nowhere");
    cr_assert_eq(table_fs_add(sample.table, &fs, &envelope, &sample.err), SEALIFT_NOT_FOUND);
    config_sample_expect_message(&sample, "\"nowhere\"");
    strcpy(fs.obs, "");
    fs.last_sequence = (uint64_t)INT64_MAX + 1;
    cr_assert_eq(table_fs_add(sample.table, &fs, &envelope, &sample.err), SEALIFT_INVALID);
    fs.last_sequence = 0;
    envelope.fs = config_sample_uuid(2);
    cr_assert_eq(table_fs_add(sample.table, &fs, &envelope, &sample.err), SEALIFT_INTERNAL);
    cr_assert_eq(table_fs_get(sample.table, "home", &got, &sample.err), SEALIFT_NOT_FOUND);
}

static enum sealift_status
join(void *context, const struct table_fs *fs, struct sealift_error *err)
{
    (void)err;
    strcat(strcat(context, fs->name), " ");
    return SEALIFT_OK;
}

Test(table_fs, is_listed_by_name)
{
    SCOPED(config_sample_done) struct config_sample sample;
    char names[64] = "";

    config_sample_init(&sample);
    config_sample_add_fs(&sample, "b", 1);
    config_sample_add_fs(&sample, "c", 2);
    config_sample_add_fs(&sample, "a", 3);
    cr_assert_eq(table_fs_list(sample.table, join, names, &sample.err), SEALIFT_OK);
    cr_assert_str_eq(names, "a b c ");
}

/* Of those that are gone through in turn. */
struct turns {
    struct table *table;
    struct uuid doomed; /* removed in the first turn */
    char names[64];
};

static bool
is_not_b(const void *context, const struct table_fs *fs)
{
    (void)context;
    return strcmp(fs->name, "b") != 0;
}

static enum sealift_status
take_turn(void *context, const struct table_fs *fs, struct sealift_error *err)
{
    struct turns *turns = context;
    size_t len = strlen(turns->names);

    snprintf(turns->names + len, sizeof(turns->names) - len, "%s ", fs->name);
    return len > 0 ? SEALIFT_OK : table_fs_remove(turns->table, &turns->doomed, err);
}

Test(table_fs, have_their_turn_when_they_are_wanted_and_still_there)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct turns turns = {0};

    config_sample_init(&sample);
    turns.table = sample.table;
    config_sample_add_fs(&sample, "b", 1);
    turns.doomed = config_sample_add_fs(&sample, "c", 2).uuid;
    config_sample_add_fs(&sample, "d", 3);
    config_sample_add_fs(&sample, "a", 4);
    cr_assert_eq(table_fs_in_turn(sample.table, is_not_b, take_turn, &turns, &sample.err), SEALIFT_OK, "%s",
                 sample.err.message);
    cr_assert_str_eq(turns.names, "a d ");
}

Test(table_fs, remembers_only_a_later_sequence)
{
    SCOPED(config_sample_done) struct config_sample sample;
    uint8_t first[32] = {1}, second[32] = {2};
    struct uuid nobody = config_sample_uuid(9);
    struct table_fs fs;

    config_sample_init(&sample);
    fs = config_sample_add_fs(&sample, "home", 1);
    cr_assert_eq(table_fs_published(sample.table, &fs.uuid, 5, first, &sample.err), SEALIFT_OK);
    cr_assert_eq(table_fs_published(sample.table, &fs.uuid, 5, second, &sample.err), SEALIFT_CONFLICT);
    config_sample_expect_message(&sample, "\"home\"");
    cr_assert_eq(table_fs_published(sample.table, &fs.uuid, 4, second, &sample.err), SEALIFT_CONFLICT);
    cr_assert_eq(table_fs_get(sample.table, "home", &fs, &sample.err), SEALIFT_OK);
    cr_assert_eq(fs.last_sequence, 5);
    cr_assert_arr_eq(fs.last_body_sha256, first, 32);
    cr_assert_eq(table_fs_published(sample.table, &fs.uuid, 6, second, &sample.err), SEALIFT_OK);
    cr_assert_eq(table_fs_get(sample.table, "home", &fs, &sample.err), SEALIFT_OK);
    cr_assert_eq(fs.last_sequence, 6);
    cr_assert_arr_eq(fs.last_body_sha256, second, 32);
    cr_assert_eq(table_fs_published(sample.table, &nobody, 1, second, &sample.err), SEALIFT_NOT_FOUND);
}

Test(table_fs, takes_another_selection)
{
    SCOPED(config_sample_done) struct config_sample sample;
    const struct uuid nobody = {{9}};
    struct table_fs fs, other, got;

    config_sample_init(&sample);
    fs = config_sample_add_fs(&sample, "home", 1);
    other = config_sample_add_fs(&sample, "other", 2);
    cr_assert_eq(table_fs_select(sample.table, &fs.uuid, "{\"exclude\":[\"*.o\"]}", &sample.err), SEALIFT_OK, "%s",
                 sample.err.message);
    cr_assert_eq(table_fs_get_by_uuid(sample.table, &fs.uuid, &got, &sample.err), SEALIFT_OK);
    cr_assert_str_eq(got.selection, "{\"exclude\":[\"*.o\"]}");
    cr_assert_eq(table_fs_get_by_uuid(sample.table, &other.uuid, &got, &sample.err), SEALIFT_OK);
    cr_assert_str_eq(got.selection, "{}");
    cr_assert_eq(table_fs_select(sample.table, &nobody, "{}", &sample.err), SEALIFT_NOT_FOUND);
}

Test(table_fs, has_the_cluster_key_and_its_first_fs_key_unless_it_says_otherwise)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_fs got;

    config_sample_init(&sample);
    config_sample_add_fs(&sample, "home", 1);
    cr_assert_eq(table_fs_get(sample.table, "home", &got, &sample.err), SEALIFT_OK);
    cr_assert_str_eq(got.own_key, "");
    cr_assert_eq(got.generation, 1);
}

Test(table_fs, takes_another_name)
{
    SCOPED(config_sample_done) struct config_sample sample;
    const struct uuid nobody = {{9}};
    struct table_snapshot snapshot;
    struct table_fs fs, got;

    config_sample_init(&sample);
    fs = config_sample_add_fs(&sample, "home", 1);
    config_sample_add_fs(&sample, "other", 2);
    snapshot = config_sample_snapshot(&fs, "monday");
    cr_assert_eq(table_snapshot_add(sample.table, &snapshot, &sample.err), SEALIFT_OK);
    cr_assert_eq(table_fs_rename(sample.table, &fs.uuid, "other", &sample.err), SEALIFT_CONFLICT);
    config_sample_expect_message(&sample, "choose another name");
    cr_assert_eq(table_fs_rename(sample.table, &fs.uuid, "a/b", &sample.err), SEALIFT_INVALID);
    cr_assert_eq(table_fs_rename(sample.table, &nobody, "free", &sample.err), SEALIFT_NOT_FOUND);
    cr_assert_eq(table_fs_rename(sample.table, &fs.uuid, "home", &sample.err), SEALIFT_OK, "%s", sample.err.message);
    cr_assert_eq(table_fs_rename(sample.table, &fs.uuid, "free", &sample.err), SEALIFT_OK, "%s", sample.err.message);
    cr_assert_eq(table_fs_get(sample.table, "home", &got, &sample.err), SEALIFT_NOT_FOUND);
    cr_assert_eq(table_fs_get(sample.table, "free", &got, &sample.err), SEALIFT_OK);
    cr_assert(uuid_equal(&got.uuid, &fs.uuid));
    cr_assert_str_eq(got.path, "/srv/home");
    cr_assert_eq(table_snapshot_get(sample.table, &fs.uuid, "monday", &snapshot, &sample.err), SEALIFT_OK);
    cr_assert_str_eq(snapshot.fs_name, "free");
}
