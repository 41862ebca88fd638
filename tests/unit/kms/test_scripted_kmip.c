/* The scripted KMIP server itself, before it judges anybody: with bytes made by hand. */
#include "scoped.h"
#include "scripted_kmip.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DISCOVER = 0x1e, ENCRYPT = 0x1f, DECRYPT = 0x20 };

struct stage {
    struct test_pki pki;
    struct scripted_kmip *server;
    SSL_CTX *tls;
    SSL *ssl;
    int fd;
};

static void
connect_to(struct stage *stage)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)scripted_kmip_port(stage->server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    SSL_free(stage->ssl);
    if (stage->fd >= 0)
        close(stage->fd);
    stage->fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(connect(stage->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    stage->ssl = SSL_new(stage->tls);
    cr_assert_eq(SSL_set_fd(stage->ssl, stage->fd), 1);
    cr_assert_eq(SSL_connect(stage->ssl), 1);
}

static void
set_up(struct stage *stage, const struct scripted_kmip_model *model)
{
    *stage = (struct stage){.fd = -1};
    signal(SIGPIPE, SIG_IGN);
    test_pki_make(&stage->pki);
    stage->server = scripted_kmip_start(&(struct scripted_kmip_setup){.pki = &stage->pki}, model);
    stage->tls = SSL_CTX_new(TLS_client_method());
    cr_assert_eq(SSL_CTX_use_certificate_chain_file(stage->tls, stage->pki.client.certificate_file), 1);
    cr_assert_eq(SSL_CTX_use_PrivateKey_file(stage->tls, stage->pki.client.key_file, SSL_FILETYPE_PEM), 1);
    connect_to(stage);
}

static void
stage_done(struct stage *stage)
{
    SSL_free(stage->ssl);
    SSL_CTX_free(stage->tls);
    if (stage->fd >= 0)
        close(stage->fd);
    scripted_kmip_stop(&stage->server);
    test_pki_done(&stage->pki);
}

static bool
is_whole(const struct scripted_ttlv *message)
{
    const uint8_t *data = message->data;

    return message->len >= 8 && message->len - 8 == ((size_t)data[4] << 24 | data[5] << 16 | data[6] << 8 | data[7]);
}

/* The bytes that come back, until they are a whole message or the server has had enough. */
static void
ask(struct stage *stage, const struct scripted_ttlv *request, struct scripted_ttlv *ret_answer)
{
    uint8_t piece[65536];
    int got = SSL_write(stage->ssl, request->data, (int)request->len);

    ret_answer->len = 0;
    while (got > 0 && !is_whole(ret_answer)) {
        got = SSL_read(stage->ssl, piece, sizeof(piece));
        if (got > 0)
            scripted_ttlv_raw(ret_answer, piece, (size_t)got);
    }
}

static bool
find(const uint8_t *at, size_t len, uint32_t tag, struct scripted_item *ret_item)
{
    const uint8_t *end = at + len;
    struct scripted_item item;

    while (scripted_ttlv_next(&at, end, &item)) {
        if (item.tag == tag)
            *ret_item = item;
        if (item.tag == tag || (item.type == 1 && find(item.value, item.len, tag, ret_item)))
            return true;
    }
    return false;
}

static int64_t
number_in(const struct scripted_ttlv *message, uint32_t tag)
{
    struct scripted_item item;

    return find(message->data, message->len, tag, &item) ? scripted_ttlv_value(&item) : -1;
}

struct sketch {
    uint16_t version;
    uint32_t operation;
    const char *uid;
    int64_t mode, padding, algorithm, tag_length; /* 0: left out */
    bool data_first;                              /* in the wrong order */
    struct scripted_item data, iv, tag;           /* tag 0: left out */
};

static void
sketch_parameters(const struct sketch *sketch, struct scripted_ttlv *out)
{
    size_t began = scripted_ttlv_begin(out, 0x42002b);

    if (sketch->mode != 0)
        scripted_ttlv_number(out, 0x420011, 5, sketch->mode);
    if (sketch->padding != 0)
        scripted_ttlv_number(out, 0x42005f, 5, sketch->padding);
    if (sketch->algorithm != 0)
        scripted_ttlv_number(out, 0x420028, 5, sketch->algorithm);
    if (sketch->tag_length != 0)
        scripted_ttlv_number(out, 0x4200ce, 2, sketch->tag_length);
    scripted_ttlv_end(out, began);
}

static void
draw(const struct sketch *sketch, struct scripted_ttlv *out)
{
    size_t message = scripted_ttlv_begin(out, 0x420078), header = scripted_ttlv_begin(out, 0x420077),
           version = scripted_ttlv_begin(out, 0x420069), item, payload;
    const struct scripted_item *parts[] = {&sketch->data, &sketch->iv, &sketch->tag};

    scripted_ttlv_number(out, 0x42006a, 2, sketch->version >> 8);
    scripted_ttlv_number(out, 0x42006b, 2, sketch->version & 0xff);
    scripted_ttlv_end(out, version);
    scripted_ttlv_number(out, 0x42000d, 2, 1);
    scripted_ttlv_end(out, header);
    item = scripted_ttlv_begin(out, 0x42000f);
    scripted_ttlv_number(out, 0x42005c, 5, sketch->operation);
    payload = scripted_ttlv_begin(out, 0x420079);
    if (sketch->uid != NULL)
        scripted_ttlv_text(out, 0x420094, sketch->uid);
    if (sketch->uid != NULL && !sketch->data_first)
        sketch_parameters(sketch, out);
    for (size_t i = 0; i < 3; i++)
        if (parts[i]->tag != 0)
            scripted_ttlv_string(out, parts[i]->tag, 8, parts[i]->value, parts[i]->len);
    if (sketch->uid != NULL && sketch->data_first)
        sketch_parameters(sketch, out);
    scripted_ttlv_end(out, payload);
    scripted_ttlv_end(out, item);
    scripted_ttlv_end(out, message);
}

static void
ask_sketch(struct stage *stage, const struct sketch *sketch, struct scripted_ttlv *ret_answer)
{
    SCOPED(scripted_ttlv_done) struct scripted_ttlv request = {0};

    draw(sketch, &request);
    ask(stage, &request, ret_answer);
}

static struct scripted_item
bytes_item(uint32_t tag, const void *data, size_t len)
{
    return (struct scripted_item){.tag = tag, .value = data, .len = len};
}

static const char text[] = "0123456789abcdef0123456789abcdef";

static struct sketch
encrypt_sketch(void)
{
    return (struct sketch){.version = 0x0104,
                           .operation = ENCRYPT,
                           .uid = "1",
                           .mode = 9,
                           .algorithm = 3,
                           .tag_length = 16,
                           .data = bytes_item(0x4200c2, text, 32)};
}

/* kms.md, section 2.6; but for the version of the header, OASIS's test case 16.1 of KMIP 1.1. */
static const uint8_t check_vector[] = {
    0x42, 0x00, 0x78, 0x01, 0x00, 0x00, 0x00, 0x60, 0x42, 0x00, 0x77, 0x01, 0x00, 0x00, 0x00, 0x38, 0x42, 0x00,
    0x69, 0x01, 0x00, 0x00, 0x00, 0x20, 0x42, 0x00, 0x6a, 0x02, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x01,
    0x00, 0x00, 0x00, 0x00, 0x42, 0x00, 0x6b, 0x02, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00,
    0x00, 0x00, 0x42, 0x00, 0x0d, 0x02, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00,
    0x42, 0x00, 0x0f, 0x01, 0x00, 0x00, 0x00, 0x18, 0x42, 0x00, 0x5c, 0x05, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00,
    0x00, 0x1e, 0x00, 0x00, 0x00, 0x00, 0x42, 0x00, 0x79, 0x01, 0x00, 0x00, 0x00, 0x00};

Test(scripted_kmip, answers_the_check_vector)
{
    SCOPED(stage_done) struct stage stage;
    SCOPED(scripted_ttlv_done) struct scripted_ttlv request = {0}, drawn = {0}, answer = {0};
    struct scripted_request seen;
    struct scripted_item payload;

    set_up(&stage, NULL);
    scripted_ttlv_raw(&request, check_vector, sizeof(check_vector));
    draw(&(struct sketch){.version = 0x0104, .operation = DISCOVER}, &drawn);
    cr_assert_eq(drawn.len, sizeof(check_vector));
    cr_assert_eq(memcmp(drawn.data, check_vector, sizeof(check_vector)), 0);
    ask(&stage, &request, &answer);
    cr_assert_eq(number_in(&answer, 0x42007f), 0);
    cr_assert(find(answer.data, answer.len, 0x42007c, &payload));
    cr_assert_eq(payload.len, 5 * 40, "five versions, not %zu bytes", payload.len);
    seen = scripted_kmip_request(stage.server, 0);
    cr_assert_eq(seen.seen.version, 0x0104);
    cr_assert_eq(seen.len, sizeof(check_vector));
    cr_assert_eq(memcmp(seen.bytes, check_vector, seen.len), 0);
    cr_assert_eq(memcmp(seen.answer, answer.data, seen.answer_len), 0);
    cr_assert_str_eq(scripted_kmip_complaint(stage.server), "");
    cr_assert_eq(scripted_kmip_count(stage.server, DISCOVER), 1);
    cr_assert_eq(scripted_kmip_connections(stage.server), 1);
}

Test(scripted_kmip, decrypts_what_it_encrypted_and_nothing_else)
{
    SCOPED(stage_done) struct stage stage;
    SCOPED(scripted_ttlv_done) struct scripted_ttlv sealed = {0}, opened = {0};
    struct sketch sketch = encrypt_sketch();
    struct scripted_item data;

    set_up(&stage, NULL);
    ask_sketch(&stage, &sketch, &sealed);
    sketch.operation = DECRYPT;
    cr_assert(find(sealed.data, sealed.len, 0x4200c2, &sketch.data));
    cr_assert(find(sealed.data, sealed.len, 0x42003d, &sketch.iv));
    cr_assert(find(sealed.data, sealed.len, 0x4200ff, &sketch.tag));
    cr_assert_eq(sketch.iv.len, 12);
    cr_assert_eq(sketch.data.len, 32);
    ask_sketch(&stage, &sketch, &opened);
    cr_assert(find(opened.data, opened.len, 0x4200c2, &data));
    cr_assert_eq(data.len, 32);
    cr_assert_eq(memcmp(data.value, text, 32), 0);
    sealed.data[sketch.tag.value - sealed.data] ^= 1;
    ask_sketch(&stage, &sketch, &opened);
    cr_assert_eq(number_in(&opened, 0x42007e), 0x0a);
    cr_assert_str_eq(scripted_kmip_complaint(stage.server), "");
}

Test(scripted_kmip, keeps_the_tag_where_each_server_does)
{
    static const struct {
        uint16_t version;
        enum scripted_tag rule;
        size_t data_len;
        bool has_field;
    } cases[] = {
        {0x0102, SCRIPTED_TAG_USUAL, 48, false},    {0x0103, SCRIPTED_TAG_USUAL, 48, false},
        {0x0104, SCRIPTED_TAG_USUAL, 32, true},     {0x0201, SCRIPTED_TAG_USUAL, 32, true},
        {0x0102, SCRIPTED_TAG_COSMIAN, 48, false},  {0x0103, SCRIPTED_TAG_COSMIAN, 32, true},
        {0x0103, SCRIPTED_TAG_PYKMIP, 32, false},   {0x0200, SCRIPTED_TAG_PYKMIP, 32, true},
        {0x0201, SCRIPTED_TAG_APPENDED, 48, false}, {0x0104, SCRIPTED_TAG_LOST, 32, false},
    };
    SCOPED(stage_done) struct stage stage;
    SCOPED(scripted_ttlv_done) struct scripted_ttlv sealed = {0};

    set_up(&stage, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sketch sketch = encrypt_sketch();
        struct scripted_item data, tag;

        scripted_kmip_change(stage.server, &(struct scripted_kmip_model){.tag = cases[i].rule});
        sketch.version = cases[i].version;
        ask_sketch(&stage, &sketch, &sealed);
        cr_assert(find(sealed.data, sealed.len, 0x4200c2, &data), "case %zu", i);
        cr_assert_eq(data.len, cases[i].data_len, "case %zu", i);
        cr_assert_eq(find(sealed.data, sealed.len, 0x4200ff, &tag), cases[i].has_field, "case %zu", i);
    }
}

Test(scripted_kmip, is_as_strict_as_any_server)
{
    struct sketch wrong[] = {encrypt_sketch(), encrypt_sketch(), encrypt_sketch(), encrypt_sketch(), encrypt_sketch()};
    static const int64_t reasons[] = {0x04, 0x07, 0x07, 0x07, 0x04};
    SCOPED(stage_done) struct stage stage;
    SCOPED(scripted_ttlv_done) struct scripted_ttlv answer = {0}, spoiled = {0};

    set_up(&stage, &(struct scripted_kmip_model){.refuses_later_fields = true});
    wrong[0].data_first = true;
    wrong[1].algorithm = 0;
    wrong[2].tag_length = 0;
    wrong[3].mode = 2;
    wrong[4].version = 0x0103;
    wrong[4].operation = DECRYPT;
    wrong[4].iv = bytes_item(0x42003d, text, 12);
    wrong[4].tag = bytes_item(0x4200ff, text, 16);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        ask_sketch(&stage, &wrong[i], &answer);
        cr_assert_eq(number_in(&answer, 0x42007e), reasons[i], "case %zu: %lld", i,
                     (long long)number_in(&answer, 0x42007e));
    }
    cr_assert_neq(scripted_kmip_complaint(stage.server)[0], '\0');

    scripted_ttlv_raw(&spoiled, check_vector, sizeof(check_vector));
    spoiled.data[36] = 1; /* behind the major version */
    ask(&stage, &spoiled, &answer);
    cr_assert_eq(number_in(&answer, 0x42007e), 0x04);
    cr_assert_eq(number_in(&answer, 0x42006a), 1);
    cr_assert_eq(number_in(&answer, 0x42006b), 0);
}

Test(scripted_kmip, refuses_versions_as_each_server_does)
{
    static const struct {
        enum scripted_refusal refusal;
        int64_t reason, major, minor;
    } cases[] = {
        {SCRIPTED_REFUSES_LIKE_PYKMIP, 0x04, 1, 0},
        {SCRIPTED_REFUSES_ECHOING, 0x04, 2, 1},
        {SCRIPTED_REFUSES_BY_NAME, 0x3f, 1, 4},
        {SCRIPTED_REFUSES_CLOSING, -1, -1, -1},
    };
    SCOPED(stage_done) struct stage stage;
    SCOPED(scripted_ttlv_done) struct scripted_ttlv answer = {0};

    set_up(&stage, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scripted_kmip_model model = {.versions = {0x0104, 0x0102}, .refusal = cases[i].refusal};

        scripted_kmip_change(stage.server, &model);
        ask_sketch(&stage, &(struct sketch){.version = 0x0201, .operation = DISCOVER}, &answer);
        cr_assert_eq(number_in(&answer, 0x42007e), cases[i].reason, "case %zu", i);
        cr_assert_eq(number_in(&answer, 0x42006a), cases[i].major, "case %zu", i);
        cr_assert_eq(number_in(&answer, 0x42006b), cases[i].minor, "case %zu", i);
    }
    cr_assert_eq(answer.len, 0);
    cr_assert_str_eq(scripted_kmip_complaint(stage.server), "");
}

Test(scripted_kmip, goes_wrong_as_it_is_asked_to)
{
    SCOPED(stage_done) struct stage stage;
    SCOPED(scripted_ttlv_done) struct scripted_ttlv whole = {0}, answer = {0};
    struct sketch discover = {.version = 0x0104, .operation = DISCOVER};
    struct scripted_fault cut = {.kind = SCRIPTED_CUT_AT, .operation = DISCOVER, .skip = 1, .times = 1, .at = 33};
    struct scripted_fault unknown = {.kind = SCRIPTED_UNKNOWN}, pieces = {.kind = SCRIPTED_PIECES};
    struct scripted_fault two = {.kind = SCRIPTED_TWO_ITEMS}, length = {.kind = SCRIPTED_LENGTH, .at = 2, .number = 8};

    set_up(&stage, &(struct scripted_kmip_model){.without_time_stamp = true});
    scripted_kmip_add_fault(stage.server, &cut);
    ask_sketch(&stage, &discover, &whole);
    cr_assert_eq(scripted_kmip_faults(stage.server), 0);
    ask_sketch(&stage, &discover, &answer);
    cr_assert_eq(answer.len, 33);
    cr_assert_eq(memcmp(answer.data, whole.data, 33), 0);
    cr_assert_eq(scripted_kmip_faults(stage.server), 1);
    cr_assert(scripted_kmip_all_closed(stage.server));
    connect_to(&stage);
    cr_assert_eq(scripted_kmip_connections(stage.server), 2);

    scripted_kmip_add_fault(stage.server, &unknown);
    scripted_kmip_add_fault(stage.server, &pieces);
    ask_sketch(&stage, &discover, &answer);
    cr_assert_gt(answer.len, whole.len);
    cr_assert_gt(scripted_ttlv_count(answer.data, answer.len), 2 * scripted_ttlv_count(whole.data, whole.len));
    scripted_kmip_clear_faults(stage.server);

    scripted_kmip_add_fault(stage.server, &two);
    ask_sketch(&stage, &discover, &answer);
    cr_assert_eq(number_in(&answer, 0x42000d), 2);
    scripted_kmip_clear_faults(stage.server);

    scripted_kmip_add_fault(stage.server, &length);
    scripted_kmip_add_fault(stage.server, &(struct scripted_fault){.kind = SCRIPTED_CLOSE_AT, .at = whole.len});
    ask_sketch(&stage, &discover, &answer);
    cr_assert_eq(answer.len, whole.len);
    cr_assert_eq(answer.data[scripted_ttlv_offset(whole.data, whole.len, 2) + 7], 0x20 + 8);
}

Test(scripted_kmip, lets_nobody_in_without_a_certificate_of_its_authority)
{
    SCOPED(stage_done) struct stage stage;
    SCOPED(scripted_ttlv_done) struct scripted_ttlv answer = {0};

    set_up(&stage, NULL);
    SSL_CTX_free(stage.tls);
    stage.tls = SSL_CTX_new(TLS_client_method());
    connect_to(&stage); /* TLS 1.3: the refusal comes with the first read */
    ask_sketch(&stage, &(struct sketch){.version = 0x0104, .operation = DISCOVER}, &answer);
    cr_assert_eq(answer.len, 0);
    cr_assert_eq(scripted_kmip_handshakes(stage.server), 1);
    cr_assert_eq(scripted_kmip_requests(stage.server), 0);
}
