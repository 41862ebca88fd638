/* OASIS's transcripts of KMIP, read from their XML: tests/vectors/kmip-oasis, or whatever transcripts, of whatever
 * version, lie below the folder that SEALIFT_KMIP_TRANSCRIPTS names; of those the counts are told and not asserted. */
#include "kmip_xml.h"
#include "kmip_xml_answer.h"
#include "kmip_xml_request.h"

#include "error.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 2000

static char *files[FILES_MAX];
static size_t file_count;

static bool
are_ours(void)
{
    return getenv("SEALIFT_KMIP_TRANSCRIPTS") == NULL;
}

static int
collect(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    size_t len = strlen(path);

    (void)info, (void)where;
    if (kind == FTW_F && len > 4 && strcmp(path + len - 4, ".xml") == 0) {
        cr_assert_lt(file_count, FILES_MAX, "more than %d transcripts", FILES_MAX);
        files[file_count++] = strdup(path);
    }
    return 0;
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
find_files(void)
{
    const char *folder = are_ours() ? TEST_VECTORS "/kmip-oasis" : getenv("SEALIFT_KMIP_TRANSCRIPTS");

    cr_assert_eq(nftw(folder, collect, 16, FTW_PHYS), 0, "%s: cannot be read", folder);
    qsort(files, file_count, sizeof(files[0]), by_name);
    cr_assert_gt(file_count, 0, "%s: there is no transcript", folder);
}

static void
forget_files(void)
{
    while (file_count > 0)
        free(files[--file_count]);
}

TestSuite(kmip_transcripts, .init = find_files, .fini = forget_files);

struct tally {
    size_t requests, answers, failures;
    size_t verdicts[KMIP_XML_VERDICTS];
    size_t payloads; /* of successful answers to an operation that sealift uses */
};

/* Looks at one message; a failure is told and counted, so that one does not hide the others. */
typedef enum sealift_status look_function(const struct xml_element *message, struct tally *tally,
                                          struct sealift_error *err);

static void
look_at(const struct xml_element *message, const char *path, look_function *look, struct tally *tally)
{
    struct sealift_error err;

    tally->requests += strcmp(message->name, "RequestMessage") == 0;
    tally->answers += strcmp(message->name, "ResponseMessage") == 0;
    if (look(message, tally, &err) == SEALIFT_OK)
        return;
    tally->failures++;
    fprintf(stderr, "%s: %s\n", path, err.message);
}

static void
look_at_file(const char *path, look_function *look, struct tally *tally)
{
    SCOPED(xml_reader_free) struct xml_element *root = NULL;
    SCOPED(buf_done) struct buf text = {0};
    struct sealift_error err;
    FILE *file = fopen(path, "rb");
    char part[4096];
    size_t len;

    cr_assert_not_null(file, "%s: cannot be read", path);
    while ((len = fread(part, 1, sizeof(part), file)) > 0)
        cr_assert_eq(buf_append(&text, part, len, &err), SEALIFT_OK);
    fclose(file);
    cr_assert_eq(xml_reader_parse(buf_bytes(&text), &root, &err), SEALIFT_OK, "%s: %s", path, err.message);
    if (strcmp(root->name, "KMIP") != 0)
        look_at(root, path, look, tally);
    for (const struct xml_element *message = root->children; message != NULL; message = message->next)
        if (strcmp(root->name, "KMIP") == 0)
            look_at(message, path, look, tally);
}

static struct tally
look_at_all(look_function *look)
{
    struct tally tally = {0};

    for (size_t i = 0; i < file_count; i++)
        look_at_file(files[i], look, &tally);
    cr_assert_eq(tally.failures, 0, "%zu of %zu messages", tally.failures, tally.requests + tally.answers);
    if (are_ours()) {
        cr_assert_eq(tally.requests, 402); /* two more of each stand in a comment of v1.4/CS-BC-M-GCM-3-14.xml */
        cr_assert_eq(tally.answers, 402);
    } else {
        fprintf(stderr, "%zu files, %zu requests, %zu answers\n", file_count, tally.requests, tally.answers);
    }
    return tally;
}

static enum sealift_status
translate(const struct xml_element *message, struct buf *out, struct sealift_error *err)
{
    struct ttlv_writer writer;

    ttlv_writer_init(&writer, out);
    TRY(kmip_xml_write(message, &writer, err));
    return ttlv_writer_finish(&writer, err);
}

/* --- As TTLV --- */

static enum sealift_status
write_and_read_back(const struct xml_element *message, struct tally *tally, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf ttlv = {0};
    struct ttlv_item item;

    (void)tally;
    TRY(translate(message, &ttlv, err));
    TRY(ttlv_parse(buf_bytes(&ttlv), &item, err));
    return kmip_xml_compare(message, &item, err);
}

Test(kmip_transcripts, are_written_as_ttlv_and_read_back_item_by_item)
{
    look_at_all(write_and_read_back);
}

/* --- Requests --- */

static enum sealift_status
send(const struct xml_element *message, struct tally *tally, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf ttlv = {0};
    SCOPED(buf_done) struct buf ours = {.wipe = true};
    enum kmip_xml_verdict verdict;
    char why[64];

    if (strcmp(message->name, "RequestMessage") != 0)
        return SEALIFT_OK;
    TRY(kmip_xml_request_write(message, &ours, &verdict, why, err));
    tally->verdicts[verdict]++;
    if (verdict == KMIP_XML_OTHER_FORM || verdict == KMIP_XML_STREAMED)
        fprintf(stderr, "line %u: not sent: %s\n", message->line, why);
    if (verdict != KMIP_XML_SENT)
        return SEALIFT_OK;
    TRY(translate(message, &ttlv, err));
    if (!bytes_equal(buf_bytes(&ours), buf_bytes(&ttlv)))
        return error_set(err, SEALIFT_CORRUPT, "line %u: sealift writes it otherwise", message->line);
    return SEALIFT_OK;
}

/* What sealift sends has the transcript's very bytes; what it does not send is of an operation that it does not use, or
 * one call of a stream. */
Test(kmip_transcripts, hold_the_requests_that_sealift_writes)
{
    struct tally tally = look_at_all(send);

    fprintf(stderr, "%zu sent, %zu of other operations, %zu streamed, %zu of another form\n",
            tally.verdicts[KMIP_XML_SENT], tally.verdicts[KMIP_XML_OTHER_OPERATION], tally.verdicts[KMIP_XML_STREAMED],
            tally.verdicts[KMIP_XML_OTHER_FORM]);
    if (!are_ours())
        return;
    cr_assert_eq(tally.verdicts[KMIP_XML_SENT], 164);
    cr_assert_eq(tally.verdicts[KMIP_XML_OTHER_OPERATION], 234);
    cr_assert_eq(tally.verdicts[KMIP_XML_STREAMED], 4);
    cr_assert_eq(tally.verdicts[KMIP_XML_OTHER_FORM], 0);
}

/* --- Answers --- */

static enum sealift_status
receive(const struct xml_element *message, struct tally *tally, struct sealift_error *err)
{
    SCOPED(kmip_answer_done) struct kmip_answer answer = {.bytes = {.wipe = true, .max = KMIP_MESSAGE_MAX}};

    if (strcmp(message->name, "ResponseMessage") != 0)
        return SEALIFT_OK;
    TRY(translate(message, &answer.bytes, err));
    TRY(kmip_xml_answer_check(message, &answer, err));
    switch (answer.operation) {
    case KMIP_ENCRYPT:
    case KMIP_DECRYPT:
    case KMIP_QUERY:
    case KMIP_DISCOVER_VERSIONS:
    case KMIP_GET_ATTRIBUTES:
        tally->payloads += answer.status == KMIP_SUCCESS;
    }
    return SEALIFT_OK;
}

Test(kmip_transcripts, hold_answers_that_sealift_reads)
{
    struct tally tally = look_at_all(receive);

    if (are_ours())
        cr_assert_eq(tally.payloads, 146);
    else
        fprintf(stderr, "%zu payloads read\n", tally.payloads);
}
