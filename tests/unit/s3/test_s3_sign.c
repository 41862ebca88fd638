#include "s3_sign.h"

#include "digest.h"
#include "io.h"
#include "json.h"
#include "scoped.h"
#include "text.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sealift_error err;

#define MUST(call) cr_assert_eq((call), SEALIFT_OK, "%s", err.message)

/* --- AWS's suite: tests/vectors/aws-sigv4 --- */

/* A case, read from its folder. Everything points into the buffers. */
struct published {
    char folder[512];
    char *request_text;
    struct buf path;
    struct buf query;
    struct json *context;
    struct http_header headers[HTTP_MAX_HEADERS];
    char payload_hash[2 * SHA256_SIZE + 1];
    char time[S3_SIGN_TIME_SIZE];
    struct s3_sign_request request;
};

static void
published_done(struct published *published)
{
    free(published->request_text);
    buf_done(&published->path);
    buf_done(&published->query);
    json_free(&published->context);
}

static void
read_file(const char *folder, const char *name, struct buf *out)
{
    char path[1024];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    MUST(io_read_file(path, 1 << 20, out, &err));
}

/* What a caller does before it signs: raw bytes of a path or query are encoded, but not what is encoded already. */
static void
encode_raw(const char *text, const char *keep, struct buf *out)
{
    for (; *text != '\0'; text++) {
        if (strchr(keep, *text) != NULL)
            MUST(buf_append(out, text, 1, &err));
        else
            MUST(url_encode((struct bytes){(const uint8_t *)text, 1}, true, out, &err));
    }
}

/* RFC 3986, section 5.2.4, and double slashes become one: what every service but S3 wants of a path. */
static void
normalize(char *path)
{
    SCOPED(free_done) char *copy = strdup(path);
    bool ends_in_slash = path[strlen(path) - 1] == '/', ends_in_dots = false;
    char *rest = NULL, *out = path;

    for (char *part = strtok_r(copy, "/", &rest); part != NULL; part = strtok_r(NULL, "/", &rest)) {
        ends_in_dots = strcmp(part, ".") == 0 || strcmp(part, "..") == 0;
        if (strcmp(part, "..") == 0)
            while (out > path && *--out != '/')
                ;
        else if (strcmp(part, ".") != 0)
            out += snprintf(out, strlen(part) + 2, "/%s", part); /* never longer than what it replaces */
    }
    if (out == path || ends_in_slash || ends_in_dots)
        *out++ = '/';
    *out = '\0';
}

/* "GET /path?query HTTP/1.1", where path and query may hold spaces and raw bytes. */
static void
read_request_line(struct published *published, char *line)
{
    char *target = strchr(line, ' ') + 1;
    char *version = strrchr(target, ' ');
    char *query;

    cr_assert_not_null(version);
    target[-1] = *version = '\0';
    query = strchr(target, '?');
    if (query != NULL)
        *query++ = '\0';
    if (json_bool(json_get(published->context, "normalize"), true))
        normalize(target);
    encode_raw(target, "%", &published->path);
    encode_raw(query != NULL ? query : "", "%&=", &published->query);
    published->request.method = line;
    MUST(buf_text(&published->path, &published->request.path, &err));
    MUST(buf_text(&published->query, &published->request.query, &err));
}

static void
add_header(struct published *published, const char *name, const char *value)
{
    cr_assert_lt(published->request.header_count, HTTP_MAX_HEADERS);
    published->headers[published->request.header_count++] = (struct http_header){name, value};
}

/* Header lines up to the empty one; a line that begins with white space goes on with the value before. The body's
 * start. */
static char *
read_headers(struct published *published, char *text)
{
    while (text != NULL && *text != '\0' && *text != '\n') {
        char *end = text, *value = strchr(text, ':');

        do {
            end = strchr(end + 1, '\n');
        } while (end != NULL && end[1] == ' ');
        cr_assert_not_null(value);
        *value++ = '\0';
        if (end != NULL)
            *end++ = '\0';
        add_header(published, text, value);
        text = end;
    }
    return text != NULL && *text == '\n' ? text + 1 : text;
}

/* "2015-08-30T12:36:00Z" as a signature has it. */
static void
read_time(struct published *published)
{
    int64_t wall_ns;

    cr_assert(time_parse(json_string(json_get(published->context, "timestamp")), &wall_ns));
    s3_sign_time(wall_ns, published->time);
}

static void
read_published(const char *folder, struct published *published)
{
    SCOPED(buf_done) struct buf context = {0}, request = {0};
    const struct json *credentials;
    uint8_t digest[SHA256_SIZE];
    char *text, *line, *body;
    const char *token;

    snprintf(published->folder, sizeof(published->folder), "%s", folder);
    read_file(folder, "context.json", &context);
    MUST(json_parse(buf_bytes(&context), folder, &published->context, &err));
    credentials = json_get(published->context, "credentials");
    token = json_string(json_get(credentials, "token"));
    read_time(published);

    read_file(folder, "request.txt", &request);
    MUST(buf_steal_text(&request, &published->request_text, &err));
    text = published->request_text;
    line = strsep(&text, "\n");
    read_request_line(published, line);
    body = read_headers(published, text);
    MUST(sha256(bytes_of_text(body != NULL ? body : ""), digest, &err));
    hex_encode(BYTES_OF(digest), published->payload_hash);

    add_header(published, "X-Amz-Date", published->time);
    if (token != NULL && !json_bool(json_get(published->context, "omit_session_token"), false))
        add_header(published, "X-Amz-Security-Token", token);
    if (json_bool(json_get(published->context, "sign_body"), false))
        add_header(published, "x-amz-content-sha256", published->payload_hash);
    published->request.headers = published->headers;
    published->request.payload_hash = published->payload_hash;
}

static void
assert_file_is(const struct published *published, const char *name, struct bytes expected)
{
    SCOPED(buf_done) struct buf file = {0};

    read_file(published->folder, name, &file);
    cr_assert(bytes_equal(buf_bytes(&file), expected), "%s/%s:\n%.*s\nbut we make:\n%.*s", published->folder, name,
              (int)file.len, (char *)file.data, (int)expected.len, (const char *)expected.data);
}

static void
assert_file_holds(const struct published *published, const char *name, struct bytes expected)
{
    SCOPED(buf_done) struct buf file = {0};

    read_file(published->folder, name, &file);
    cr_assert_not_null(memmem(file.data, file.len, expected.data, expected.len), "%s/%s does not hold:\n%.*s",
                       published->folder, name, (int)expected.len, (const char *)expected.data);
}

static void
assert_signed_as_published(const char *folder)
{
    SCOPED(published_done) struct published published = {0};
    SCOPED(s3_credentials_done) struct s3_credentials credentials = {0};
    SCOPED(buf_done) struct buf canonical = {0}, to_sign = {0}, authorization = {0};
    const struct json *given;
    struct s3_sign_scope scope;

    read_published(folder, &published);
    given = json_get(published.context, "credentials");
    MUST(s3_credentials_make("context.json", bytes_of_text(json_string(json_get(given, "access_key_id"))),
                             bytes_of_text(json_string(json_get(given, "secret_access_key"))), (struct bytes){0},
                             S3_NEVER_EXPIRES, &credentials, &err));
    scope = (struct s3_sign_scope){
        .time = published.time,
        .region = json_string(json_get(published.context, "region")),
        .service = json_string(json_get(published.context, "service")),
    };
    MUST(s3_sign_canonical_request(&published.request, &canonical, &err));
    assert_file_is(&published, "header-canonical-request.txt", buf_bytes(&canonical));
    MUST(s3_sign_string_to_sign(&scope, buf_bytes(&canonical), &to_sign, &err));
    assert_file_is(&published, "header-string-to-sign.txt", buf_bytes(&to_sign));
    MUST(s3_sign(&credentials, &scope, &published.request, &authorization, &err));
    assert_file_holds(&published, "header-signed-request.txt", buf_bytes(&authorization));
}

Test(s3_sign, agrees_with_every_published_case)
{
    const char *suite = TEST_VECTORS "/aws-sigv4";
    DIR *folders = opendir(suite);
    struct dirent *entry;
    size_t count = 0;

    cr_assert_not_null(folders, "%s", suite);
    while ((entry = readdir(folders)) != NULL) {
        char folder[512];

        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        snprintf(folder, sizeof(folder), "%s/%s", suite, entry->d_name);
        assert_signed_as_published(folder);
        count++;
    }
    closedir(folders);
    cr_assert_eq(count, 38);
}

/* --- What S3 adds --- */

static void
assert_canonical(const struct s3_sign_request *request, const char *expected)
{
    SCOPED(buf_done) struct buf canonical = {0};

    MUST(s3_sign_canonical_request(request, &canonical, &err));
    cr_assert(bytes_equal(buf_bytes(&canonical), bytes_of_text(expected)), "%.*s", (int)canonical.len,
              (char *)canonical.data);
}

Test(s3_sign, keeps_slashes_and_dots_in_object_keys)
{
    const struct http_header host = {"Host", "h"};

    assert_canonical(&(struct s3_sign_request){"GET", "/bucket//a/../b%20c/./", NULL, &host, 1, "UNSIGNED"},
                     "GET\n/bucket//a/../b%20c/./\n\nhost:h\n\nhost\nUNSIGNED");
}

Test(s3_sign, sorts_parameters_and_gives_each_a_value)
{
    const struct http_header host = {"host", "h"};

    assert_canonical(
        &(struct s3_sign_request){"GET", "/", "prefix=b&list-type=2&prefix=a&versioning&list=x", &host, 1, "-"},
        "GET\n/\nlist=x&list-type=2&prefix=a&prefix=b&versioning=\nhost:h\n\nhost\n-");
}

/* "Example: GET Object" of "Authenticating Requests: Using the Authorization Header", Amazon S3 API Reference. */
Test(s3_sign, agrees_with_the_example_of_the_s3_manual)
{
    SCOPED(s3_credentials_done) struct s3_credentials credentials = {0};
    SCOPED(buf_done) struct buf authorization = {0};
    const char *nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const struct http_header headers[] = {
        {"Host", "examplebucket.s3.amazonaws.com"},
        {"Range", "bytes=0-9"},
        {"x-amz-content-sha256", nothing},
        {"x-amz-date", "20130524T000000Z"},
    };
    const struct s3_sign_request request = {"GET", "/test.txt", NULL, headers, 4, nothing};
    const struct s3_sign_scope scope = {"20130524T000000Z", "us-east-1", "s3"};

    MUST(s3_credentials_make("the manual", bytes_of_text("AKIAIOSFODNN7EXAMPLE"),
                             bytes_of_text("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), (struct bytes){0},
                             S3_NEVER_EXPIRES, &credentials, &err));
    MUST(s3_sign(&credentials, &scope, &request, &authorization, &err));
    assert_canonical(&request, "GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\n"
                               "x-amz-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
                               "x-amz-date:20130524T000000Z\n\nhost;range;x-amz-content-sha256;x-amz-date\n"
                               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    cr_assert(bytes_equal(
                  buf_bytes(&authorization),
                  bytes_of_text("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
                                "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
                                "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")),
              "%.*s", (int)authorization.len, (char *)authorization.data);
}

Test(s3_sign, writes_the_time_in_utc)
{
    char time[S3_SIGN_TIME_SIZE];

    s3_sign_time(1440938160 * NS_PER_S + 999999999, time);
    cr_assert_str_eq(time, "20150830T123600Z");
}

Test(s3_sign, refuses_more_parameters_than_it_can_sort)
{
    SCOPED(buf_done) struct buf canonical = {0};
    const struct http_header host = {"host", "h"};
    char query[2 * 33 + 1] = "";

    for (size_t i = 0; i < 33; i++)
        memcpy(query + 2 * i, "a&", 2);
    cr_assert_eq(
        s3_sign_canonical_request(&(struct s3_sign_request){"GET", "/", query, &host, 1, "-"}, &canonical, &err),
        SEALIFT_INTERNAL);
}
