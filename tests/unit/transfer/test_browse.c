#include "browse.h"

#include "fixture_grown.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sealift_error err;

static enum sealift_status
note(void *context, const struct tree_entry *entry, struct sealift_error *error)
{
    struct buf *listed = context;

    TRY(buf_append_bytes(listed, entry->path, error));
    return buf_append_text(listed, "\n", error);
}

static struct browse_outcome
browse(struct grown *grown, const char *path, bool recursive, struct buf *listed)
{
    const struct browse_request request = {
        .manifest = &grown->manifest,
        .fs_key = grown->base.fs_key,
        .path = bytes_of_text(path),
        .recursive = recursive,
    };
    struct browse_outcome outcome;

    buf_clear(listed);
    grown->requests = 0;
    grown->bytes = 0;
    cr_assert_eq(browse_run(&grown->base.world, grown->store, &request, note, listed, &outcome, &err), SEALIFT_OK, "%s",
                 err.message);
    cr_assert_eq(outcome.requests, grown->requests);
    cr_assert_eq(outcome.fetched, grown->bytes);
    return outcome;
}

static const char *
text(struct buf *listed)
{
    const char *found;

    cr_assert_eq(buf_text(listed, &found, &err), SEALIFT_OK);
    return found;
}

Test(browse, shows_what_is_in_a_directory_and_no_more)
{
    struct grown grown;
    SCOPED(buf_done) struct buf listed = {0};

    grown_init(&grown, 3, 2);
    browse(&grown, "", false, &listed);
    cr_assert_str_eq(text(&listed), "folder-00000\nfolder-00001\nfolder-00002\n");
    browse(&grown, "folder-00001", false, &listed);
    cr_assert_str_eq(text(&listed), "folder-00001/file-00000\nfolder-00001/file-00001\n");
    browse(&grown, "folder-00002/file-00001", true, &listed);
    cr_assert_str_eq(text(&listed), "folder-00002/file-00001\n");
    cr_assert_eq(browse(&grown, "", true, &listed).entries, 9u);
    grown_done(&grown);
}

/* The folders are listed without what is in them; so are those that would begin a frame. */
Test(browse, passes_over_what_is_not_shown)
{
    struct grown grown;
    SCOPED(buf_done) struct buf listed = {0};
    struct browse_outcome all, top;

    grown_init(&grown, 4, 15000);
    all = browse(&grown, "", true, &listed);
    top = browse(&grown, "", false, &listed);
    cr_assert_eq(all.entries, 4u + 60000u);
    cr_assert_str_eq(text(&listed), "folder-00000\nfolder-00001\nfolder-00002\nfolder-00003\n");
    cr_assert_lt(2 * top.fetched, all.fetched, "%" PRIu64 " of %" PRIu64 " bytes", top.fetched, all.fetched);
    grown_done(&grown);
}

/* What one look costs, in a snapshot that grows a hundredfold. The index is as deep as its size's logarithm: its frames
 * and those of entries are of the same size everywhere. */
Test(browse, costs_the_same_however_large_the_snapshot_is)
{
    static const unsigned folders[] = {10, 100, 1000};
    SCOPED(buf_done) struct buf listed = {0};

    for (size_t i = 0; i < 3; i++) {
        struct browse_outcome file, folder;
        struct grown grown;

        grown_init(&grown, folders[i], 99);
        file = browse(&grown, "folder-00007/file-00042", false, &listed);
        cr_assert_str_eq(text(&listed), "folder-00007/file-00042\n");
        folder = browse(&grown, "folder-00007", false, &listed);
        cr_assert_eq(folder.entries, 99u);
        printf("%6u entries: a file %" PRIu64 " requests, %" PRIu64 " bytes; a folder %" PRIu64 " requests, %" PRIu64
               " bytes\n",
               folders[i] * 100 + 1, file.requests, file.fetched, folder.requests, folder.fetched);
        cr_assert_leq(file.requests, 4u);
        cr_assert_leq(folder.requests, 5u);
        cr_assert_leq(file.fetched, 128u << 10);
        cr_assert_leq(folder.fetched, 128u << 10);
        grown_done(&grown);
    }
}

Test(browse, says_what_is_not_there)
{
    struct grown grown;
    struct browse_request request = {.path = bytes_of_text("folder-00001/nothing")};
    struct browse_outcome outcome;
    struct buf listed = {0};

    grown_init(&grown, 2, 2);
    request.manifest = &grown.manifest;
    request.fs_key = grown.base.fs_key;
    cr_assert_eq(browse_run(&grown.base.world, grown.store, &request, note, &listed, &outcome, &err),
                 SEALIFT_NOT_FOUND);
    cr_assert_not_null(strstr(err.message, "folder-00001/nothing: is not in this snapshot"));
    cr_assert_eq(listed.len, 0);
    grown_done(&grown);
}
