/* What the transcripts' test rests on: which requests count as ours, and that an answer read otherwise is seen. */
#include "kmip_xml.h"
#include "kmip_xml_answer.h"
#include "kmip_xml_request.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sealift_error err;

#define VERSION(major, minor)                                                                                          \
    "<ProtocolVersion><ProtocolVersionMajor type='Integer' value='" major "'/>"                                        \
    "<ProtocolVersionMinor type='Integer' value='" minor "'/></ProtocolVersion>"
#define UID  "<UniqueIdentifier type='TextString' value='$UID'/>"
#define DATA "<Data type='ByteString' value='0011'/>"

static void
parse(const char *xml, struct xml_element **ret_root)
{
    cr_assert_eq(xml_reader_parse(bytes_of_text(xml), ret_root, &err), SEALIFT_OK, "%s: %s", xml, err.message);
}

static void
translate(const struct xml_element *message, struct buf *out)
{
    struct ttlv_writer writer;

    ttlv_writer_init(&writer, out);
    cr_assert_eq(kmip_xml_write(message, &writer, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(ttlv_writer_finish(&writer, &err), SEALIFT_OK, "%s", err.message);
}

/* --- Requests --- */

#define REQUEST(header, operation, payload)                                                                            \
    "<RequestMessage><RequestHeader>" header "<BatchCount type='Integer' value='1'/></RequestHeader><BatchItem>"       \
    "<Operation type='Enumeration' value='" operation "'/><RequestPayload>" payload                                    \
    "</RequestPayload></BatchItem></RequestMessage>"

static void
assert_sent(const char *xml)
{
    SCOPED(xml_reader_free) struct xml_element *message = NULL;
    SCOPED(buf_done) struct buf ttlv = {0};
    SCOPED(buf_done) struct buf ours = {.wipe = true};
    enum kmip_xml_verdict verdict;
    char why[64];

    parse(xml, &message);
    translate(message, &ttlv);
    cr_assert_eq(kmip_xml_request_write(message, &ours, &verdict, why, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(verdict, KMIP_XML_SENT, "%s: %s", xml, why);
    cr_assert(bytes_equal(buf_bytes(&ours), buf_bytes(&ttlv)), "%s", xml);
}

static void
assert_declined(const char *xml, enum kmip_xml_verdict expected, const char *expected_why)
{
    SCOPED(xml_reader_free) struct xml_element *message = NULL;
    SCOPED(buf_done) struct buf ours = {.wipe = true};
    enum kmip_xml_verdict verdict;
    char why[64];

    parse(xml, &message);
    cr_assert_eq(kmip_xml_request_write(message, &ours, &verdict, why, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(verdict, expected, "%s: %s", xml, why);
    cr_assert_str_eq(why, expected_why);
}

Test(kmip_xml_messages, send_each_operation_of_sealifts)
{
    assert_sent(REQUEST(VERSION("1", "2"), "DiscoverVersions", VERSION("1", "3") VERSION("1", "2")));
    assert_sent(REQUEST(VERSION("2", "1"), "DiscoverVersions", ""));
    assert_sent(REQUEST(VERSION("1", "4") "<ClientCorrelationValue type='TextString' value='c'/>", "Query",
                        "<QueryFunction type='Enumeration' value='QueryObjects'/>"));
    assert_sent(REQUEST(VERSION("1", "4"), "GetAttributes",
                        UID "<AttributeName type='TextString' value='State'/>"
                            "<AttributeName type='TextString' value='Cryptographic Length'/>"));
    assert_sent(
        REQUEST(VERSION("2", "0"), "GetAttributes", UID "<AttributeReference type='Enumeration' value='Name'/>"));
    assert_sent(REQUEST(VERSION("1", "3"), "Encrypt",
                        UID "<CryptographicParameters><BlockCipherMode type='Enumeration' value='CBC'/>"
                            "<PaddingMethod type='Enumeration' value='PKCS5'/>"
                            "<CryptographicAlgorithm type='Enumeration' value='AES'/>"
                            "<RandomIV type='Boolean' value='true'/></CryptographicParameters>" DATA));
    assert_sent(REQUEST(VERSION("2", "1"), "Decrypt",
                        UID DATA "<IVCounterNonce type='ByteString' value=''/>"
                                 "<AuthenticatedEncryptionAdditionalData type='ByteString' value='0102'/>"
                                 "<AuthenticatedEncryptionTag type='ByteString' value='03'/>"));
}

Test(kmip_xml_messages, send_a_user_name_and_a_password)
{
    assert_sent(REQUEST(VERSION("1", "2") "<Authentication><Credential>"
                                          "<CredentialType type='Enumeration' value='UsernameAndPassword'/>"
                                          "<CredentialValue><Username type='TextString' value='Fred'/>"
                                          "<Password type='TextString' value='password1'/></CredentialValue>"
                                          "</Credential></Authentication>",
                        "Query", ""));
}

Test(kmip_xml_messages, are_declined_for_a_reason)
{
    assert_declined(REQUEST(VERSION("1", "4"), "Destroy", UID), KMIP_XML_OTHER_OPERATION, "");
    assert_declined(REQUEST(VERSION("1", "4"), "Encrypt", UID DATA "<InitIndicator type='Boolean' value='true'/>"),
                    KMIP_XML_STREAMED, "InitIndicator");
    assert_declined(REQUEST(VERSION("1", "1"), "Query", ""), KMIP_XML_OTHER_FORM,
                    "a version that sealift does not speak");
    assert_declined(REQUEST(VERSION("1", "4") "<TimeStamp type='DateTime' value='$NOW'/>", "Query", ""),
                    KMIP_XML_OTHER_FORM, "TimeStamp");
    assert_declined(REQUEST(VERSION("1", "4"), "Encrypt", DATA), KMIP_XML_OTHER_FORM, "no key");
    assert_declined(REQUEST(VERSION("1", "4"), "Encrypt", UID), KMIP_XML_OTHER_FORM, "no data");
    assert_declined(
        REQUEST(VERSION("2", "1"), "Encrypt", "<UniqueIdentifier type='Enumeration' value='IDPlaceholder'/>" DATA),
        KMIP_XML_OTHER_FORM, "UniqueIdentifier");
    assert_declined(REQUEST(VERSION("2", "1"), "Encrypt",
                            UID "<CryptographicParameters><HashingAlgorithm type='Enumeration' value='SHA_256'/>"
                                "</CryptographicParameters>" DATA),
                    KMIP_XML_OTHER_FORM, "HashingAlgorithm");
    assert_declined(REQUEST(VERSION("1", "4"), "GetAttributes", UID "<AttributeName type='TextString' value='x-a'/>"),
                    KMIP_XML_OTHER_FORM, "a custom attribute");
    assert_declined(REQUEST(VERSION("1", "4"), "GetAttributes", UID "<AttributeName type='TextString' value='Name'/>"),
                    KMIP_XML_OTHER_FORM, "an attribute that sealift does not ask for");
}

/* --- Answers --- */

#define ANSWER(version, operation, status, rest)                                                                       \
    "<ResponseMessage><ResponseHeader>" version "<TimeStamp type='DateTime' value='$NOW'/>"                            \
    "<BatchCount type='Integer' value='1'/></ResponseHeader><BatchItem>"                                               \
    "<Operation type='Enumeration' value='" operation "'/>"                                                            \
    "<ResultStatus type='Enumeration' value='" status "'/>" rest "</BatchItem></ResponseMessage>"
#define V14         VERSION("1", "4")
#define PAYLOAD(it) "<ResponsePayload>" it "</ResponsePayload>"

static enum sealift_status
check(const char *sent, const char *said)
{
    SCOPED(xml_reader_free) struct xml_element *message = NULL;
    SCOPED(xml_reader_free) struct xml_element *other = NULL;
    SCOPED(kmip_answer_done) struct kmip_answer answer = {.bytes = {.wipe = true, .max = KMIP_MESSAGE_MAX}};

    parse(sent, &message);
    parse(said, &other);
    translate(message, &answer.bytes);
    return kmip_xml_answer_check(other, &answer, &err);
}

Test(kmip_xml_messages, see_an_answer_that_is_read_otherwise)
{
    static const char *const answers[] = {
        ANSWER(V14, "Encrypt", "Success", PAYLOAD(UID DATA)),
        ANSWER(V14, "Encrypt", "Success", PAYLOAD(UID "<Data type='ByteString' value='0012'/>")),
        ANSWER(V14, "Encrypt", "Success", PAYLOAD(UID DATA "<IVCounterNonce type='ByteString' value=''/>")),
        ANSWER(V14, "Encrypt", "Success", PAYLOAD(UID DATA "<AuthenticatedEncryptionTag type='ByteString' value=''/>")),
        ANSWER(V14, "Encrypt", "OperationFailed", ""),
        ANSWER(V14, "Encrypt", "OperationFailed", "<ResultReason type='Enumeration' value='ItemNotFound'/>"),
        ANSWER(V14, "Encrypt", "OperationFailed", "<ResultMessage type='TextString' value='no'/>"),
        ANSWER(VERSION("1", "3"), "Encrypt", "OperationFailed", ""),
        ANSWER(V14, "Decrypt", "Success", PAYLOAD(UID DATA)),
        ANSWER(V14, "Query", "Success", PAYLOAD("<Operation type='Enumeration' value='Encrypt'/>")),
        ANSWER(V14, "Query", "Success", PAYLOAD("<Operation type='Enumeration' value='Decrypt'/>")),
        ANSWER(V14, "Query", "Success", PAYLOAD("<VendorIdentification type='TextString' value='v'/>")),
        ANSWER(V14, "DiscoverVersions", "Success", PAYLOAD(VERSION("1", "2"))),
        ANSWER(V14, "DiscoverVersions", "Success", PAYLOAD(VERSION("1", "2") VERSION("2", "1"))),
        ANSWER(V14, "DiscoverVersions", "Success", PAYLOAD("")),
        ANSWER(V14, "GetAttributes", "Success",
               PAYLOAD(UID "<Attribute><AttributeName type='TextString' value='State'/>"
                           "<AttributeValue type='Enumeration' value='Active'/></Attribute>")),
        ANSWER(V14, "GetAttributes", "Success",
               PAYLOAD(UID "<Attribute><AttributeName type='TextString' value='State'/>"
                           "<AttributeIndex type='Integer' value='1'/>"
                           "<AttributeValue type='Enumeration' value='Active'/></Attribute>")),
        ANSWER(V14, "GetAttributes", "Success",
               PAYLOAD(UID "<Attributes><CryptographicUsageMask type='Integer' value=''/></Attributes>")),
    };
    const size_t count = sizeof(answers) / sizeof(answers[0]);

    for (size_t sent = 0; sent < count; sent++)
        for (size_t said = 0; said < count; said++)
            cr_assert_eq(check(answers[sent], answers[said]) == SEALIFT_OK, sent == said, "%s\n%s: %s", answers[sent],
                         answers[said], err.message);
}

Test(kmip_xml_messages, expect_a_refusal_where_sealift_has_to_refuse)
{
#define ITEM                                                                                                           \
    "<BatchItem><Operation type='Enumeration' value='Query'/>"                                                         \
    "<ResultStatus type='Enumeration' value='Success'/></BatchItem>"
    static const char two[] = "<ResponseMessage><ResponseHeader>" V14 "<BatchCount type='Integer' value='2'/>"
                              "</ResponseHeader>" ITEM ITEM "</ResponseMessage>";

    cr_assert_eq(check(two, two), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(
        check(ANSWER(VERSION("3", "0"), "Query", "Success", ""), ANSWER(VERSION("3", "0"), "Query", "Success", "")),
        SEALIFT_OK, "%s", err.message);
    cr_assert_eq(check(ANSWER(VERSION("3", "0"), "Query", "OperationFailed", ""),
                       ANSWER(VERSION("3", "0"), "Query", "OperationFailed", "")),
                 SEALIFT_OK, "%s", err.message);
    cr_assert_eq(check(ANSWER(V14, "Query", "Success", ""), two), SEALIFT_CORRUPT);
}
