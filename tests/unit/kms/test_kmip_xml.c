/* The translator that the transcripts go through, held against KMIP Profiles' rules for XML. */
#include "kmip_xml.h"

#include "scoped.h"
#include "text.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sealift_error err;

static enum sealift_status
translate(const char *xml, struct buf *out)
{
    SCOPED(xml_reader_free) struct xml_element *root = NULL;
    struct ttlv_writer writer;
    struct ttlv_item item;

    TRY(xml_reader_parse(bytes_of_text(xml), &root, &err));
    ttlv_writer_init(&writer, out);
    TRY(kmip_xml_write(root, &writer, &err));
    TRY(ttlv_writer_finish(&writer, &err));
    TRY(ttlv_parse(buf_bytes(out), &item, &err));
    return kmip_xml_compare(root, &item, &err);
}

static void
assert_translates(const char *xml, const char *expected)
{
    SCOPED(buf_done) struct buf out = {0};
    char hex[1000];

    cr_assert_eq(translate(xml, &out), SEALIFT_OK, "%s: %s", xml, err.message);
    cr_assert_lt(2 * out.len, sizeof(hex));
    hex_encode(buf_bytes(&out), hex);
    cr_assert_str_eq(hex, expected, "%s: %s", xml, hex);
}

static void
assert_refused(const char *xml, const char *why)
{
    SCOPED(buf_done) struct buf out = {0};

    cr_assert_eq(translate(xml, &out), SEALIFT_CORRUPT, "%s", xml);
    cr_assert_not_null(strstr(err.message, why), "%s: %s", xml, err.message);
}

Test(kmip_xml, reads_integers)
{
    assert_translates("<BatchCount type=\"Integer\" value=\"10\"/>", "42000d02000000040000000a00000000");
    assert_translates("<BatchCount type='Integer' value='-1'/>", "42000d0200000004ffffffff00000000");
    assert_translates("<BatchCount type=\"Integer\" value=\"0xfffffffe\"/>", "42000d0200000004fffffffe00000000");
    assert_translates("<UsageLimitsTotal type=\"LongInteger\" value=\"-9223372036854775808\"/>",
                      "42009703000000088000000000000000");
    assert_translates("<UsageLimitsTotal type=\"LongInteger\" value=\"0x8000000000000001\"/>",
                      "42009703000000088000000000000001");
    assert_translates("<LeaseTime type=\"Interval\" value=\"3600\"/>", "4200490a0000000400000e1000000000");
    assert_refused("<BatchCount type=\"Integer\" value=\"ten\"/>", "line 1: BatchCount: no number");
    assert_refused("<UsageLimitsTotal type=\"LongInteger\" value=\"\"/>", "no number");
}

Test(kmip_xml, reads_masks)
{
    assert_translates("<CryptographicUsageMask type=\"Integer\" value=\"Encrypt Decrypt\"/>",
                      "42002c02000000040000000c00000000");
    assert_translates("<CryptographicUsageMask type=\"Integer\" value=\"0x00000001|CRLSign 0x00100000\"/>",
                      "42002c02000000040010200100000000");
    assert_translates("<CryptographicUsageMask type=\"Integer\" value=\"\"/>", "42002c02000000040000000000000000");
    assert_translates("<StorageStatusMask type=\"Integer\" value=\"OnLineStorage ArchivalStorage\"/>",
                      "42008e02000000040000000300000000");
    assert_refused("<CryptographicUsageMask type=\"Integer\" value=\"Encrypt Anything\"/>", "\"Anything\"");
}

Test(kmip_xml, reads_big_integers)
{
    assert_translates("<Modulus type=\"BigInteger\" value=\"03FD35EB6BC2DF4618080000\"/>",
                      "42005204000000100000000003fd35eb6bc2df4618080000");
    assert_translates("<Modulus type=\"BigInteger\" value=\"0x80\"/>", "4200520400000008ffffffffffffff80");
    assert_refused("<Modulus type=\"BigInteger\" value=\"0g\"/>", "not in hexadecimal");
}

Test(kmip_xml, reads_enumerations)
{
    assert_translates("<Operation type=\"Enumeration\" value=\"ReKey\"/>", "42005c05000000040000000400000000");
    assert_translates("<Operation type=\"Enumeration\" value=\"0x80000001\"/>", "42005c05000000048000000100000000");
    assert_translates("<KeyFormatType type=\"Enumeration\" value=\"PKCS_1\"/>", "42004205000000040000000300000000");
    assert_translates("<KeyFormatType type=\"Enumeration\" value=\"PKCS1\"/>", "42004205000000040000000300000000");
    assert_translates("<MaskGeneratorHashingAlgorithm type=\"Enumeration\" value=\"SHA_256\"/>",
                      "42010205000000040000000600000000");
    assert_translates("<AttributeReference type=\"Enumeration\" value=\"State\"/>", "42013b05000000040042008d00000000");
    assert_translates("<UniqueIdentifier type=\"Enumeration\" value=\"IDPlaceholder\"/>",
                      "42009405000000040000000100000000");
    assert_translates("<ExtensionType type=\"Enumeration\" value=\"TextString\"/>", "4200a705000000040000000700000000");
    assert_refused("<Operation type=\"Enumeration\" value=\"Levitate\"/>", "no name of its enumeration");
    assert_refused("<BatchCount type=\"Enumeration\" value=\"Create\"/>", "no name of its enumeration");
}

Test(kmip_xml, knows_an_attributes_values_by_its_name)
{
    assert_translates("<Attribute><AttributeName type=\"TextString\" value=\"State\"/>"
                      "<AttributeValue type=\"Enumeration\" value=\"PreActive\"/></Attribute>",
                      "4200080100000020"
                      "42000a07000000055374617465000000"
                      "42000b05000000040000000100000000");
    assert_translates("<Attribute><AttributeName type=\"TextString\" value=\"Cryptographic Usage Mask\"/>"
                      "<AttributeValue type=\"Integer\" value=\"Sign Verify\"/></Attribute>",
                      "4200080100000030"
                      "42000a07000000184372797074"
                      "6f67726170686963205573616765204d61736b"
                      "42000b02000000040000000300000000");
    assert_refused("<Attribute><AttributeName type=\"TextString\" value=\"x-State\"/>"
                   "<AttributeValue type=\"Enumeration\" value=\"PreActive\"/></Attribute>",
                   "no name of its enumeration");
}

Test(kmip_xml, reads_booleans_texts_and_bytes)
{
    assert_translates("<RandomIV type=\"Boolean\" value=\"true\"/>", "4200c506000000080000000000000001");
    assert_translates("<RandomIV type=\"Boolean\" value=\"0\"/>", "4200c506000000080000000000000000");
    assert_translates("<NameValue type=\"TextString\" value=\"a&lt;&#228;&#x20ac;&quot;\"/>",
                      "4200550700000008613cc3a4e282ac22");
    assert_translates("<NameValue type=\"TextString\" value=\"\"/>", "4200550700000000");
    assert_translates("<Data type=\"ByteString\" value=\"00fF\"/>", "4200c2080000000200ff000000000000");
    assert_translates("<Data type=\"ByteString\" value=\"\"/>", "4200c20800000000");
    assert_refused("<Data type=\"ByteString\" value=\"0\"/>", "not in hexadecimal");
    assert_refused("<RandomIV type=\"Boolean\" value=\"maybe\"/>", "neither true nor false");
}

Test(kmip_xml, reads_times)
{
    assert_translates("<TimeStamp type=\"DateTime\" value=\"2008-03-14T11:56:40+00:00\"/>",
                      "42009209000000080000000047da67f8");
    assert_translates("<TimeStamp type=\"DateTime\" value=\"2008-03-14T21:56:40+10:00\"/>",
                      "42009209000000080000000047da67f8");
    assert_translates("<TimeStamp type=\"DateTime\" value=\"2008-03-14T08:26:40-03:30\"/>",
                      "42009209000000080000000047da67f8");
    assert_translates("<TimeStamp type=\"DateTime\" value=\"2008-03-14T11:56:40Z\"/>",
                      "42009209000000080000000047da67f8");
    assert_translates("<TimeStamp type=\"DateTime\" value=\"0x0000000047DA67F8\"/>",
                      "42009209000000080000000047da67f8");
    assert_translates("<TimeStamp type=\"DateTimeExtended\" value=\"1970-01-01T00:00:01.000002Z\"/>",
                      "4200920b0000000800000000000f4242");
    assert_refused("<TimeStamp type=\"DateTime\" value=\"yesterday\"/>", "no time");
}

Test(kmip_xml, makes_up_what_differs_from_run_to_run)
{
    assert_translates("<TimeStamp type=\"DateTime\" value=\"$NOW\"/>", "4200920900000008000000006553f100");
    assert_translates("<TimeStamp type=\"DateTime\" value=\"$NOW-3600\"/>", "4200920900000008000000006553e2f0");
    assert_translates("<TimeStamp type=\"DateTime\" value=\"$NOW+60\"/>", "4200920900000008000000006553f13c");
    assert_translates("<UniqueIdentifier type=\"TextString\" value=\"$UID_0\"/>", "4200940700000006245549445f300000");
    assert_translates("<Data type=\"ByteString\" value=\"$DATA\"/>", "4200c208000000052444415441000000");
    assert_translates("<BatchCount type=\"Integer\" value=\"$COUNT\"/>", "42000d02000000040000000100000000");
}

Test(kmip_xml, reads_items_without_a_name)
{
    assert_translates("<TTLV tag=\"0x54ABCD\" name=\"Something\" type=\"Integer\" value=\"1\"/>",
                      "54abcd02000000040000000100000000");
    assert_translates("<TTLV tag=\"0x42005C\" name=\"Operation\" type=\"Enumeration\" value=\"Create\"/>",
                      "42005c05000000040000000100000000");
    assert_translates("<TTLV tag=\"0x420001\"><TTLV tag=\"0x420002\" type=\"Structure\"/></TTLV>",
                      "42000101000000084200020100000000");
    assert_refused("<TTLV tag=\"420001\" type=\"Integer\" value=\"1\"/>", "its tag is not in hexadecimal");
}

Test(kmip_xml, refuses_what_it_does_not_understand)
{
    assert_refused("<Sesame type=\"Integer\" value=\"1\"/>", "there is no such tag");
    assert_refused("<BatchCount type=\"Number\" value=\"1\"/>", "there is no such type");
    assert_refused("<BatchCount value=\"1\"/>", "its value has no type");
    assert_refused("<BatchCount type=\"Integer\"/>", "it has no value");
}

Test(kmip_xml, reads_comments_declarations_and_namespaces)
{
    assert_translates("<?xml version=\"1.0\"?>\n<!-- a -- > b -->\n<k:BatchItem xmlns:k = \"urn:x\" >\n text"
                      "<![CDATA[<x>]]><!-- <y> --><BatchCount\n type=\"Integer\"\n value=\"1\"></BatchCount>\n"
                      "</k:BatchItem>\n",
                      "42000f010000001042000d02000000040000000100000000");
}

Test(kmip_xml, refuses_xml_that_is_not_well_formed)
{
    assert_refused("", "there is no element");
    assert_refused("<BatchItem>\n\n<BatchCount type=\"Integer\" value=\"1\"/>", "line 3: the file ends");
    assert_refused("<BatchItem></BatchCount>", "an end tag that fits no element");
    assert_refused("<BatchItem/><BatchItem/>", "an element behind the root");
    assert_refused("<BatchCount type=Integer/>", "not in quotes");
    assert_refused("<BatchCount type/>", "an attribute has no value");
    assert_refused("<BatchCount type=\"Integer", "the file ends within a value");
    assert_refused("<BatchCount type=\"&unknown;\"/>", "an entity that is not known");
    assert_refused("<!-- <BatchItem/>", "the file ends too early");
}

/* What the transcripts' test relies on: a difference is seen. */
Test(kmip_xml, sees_every_difference)
{
    static const char *const pairs[][2] = {
        {"<BatchCount type=\"Integer\" value=\"1\"/>", "<BatchCount type=\"Integer\" value=\"2\"/>"},
        {"<BatchCount type=\"Integer\" value=\"1\"/>", "<BatchCount type=\"Enumeration\" value=\"1\"/>"},
        {"<BatchCount type=\"Integer\" value=\"1\"/>", "<TagLength type=\"Integer\" value=\"1\"/>"},
        {"<Data type=\"ByteString\" value=\"00\"/>", "<Data type=\"ByteString\" value=\"0000\"/>"},
        {"<Modulus type=\"BigInteger\" value=\"01\"/>", "<Modulus type=\"BigInteger\" value=\"81\"/>"},
        {"<Name/>", "<Name><NameValue type=\"TextString\" value=\"\"/></Name>"},
        {"<Name><NameValue type=\"TextString\" value=\"a\"/></Name>", "<Name/>"},
        {"<Name><NameValue type=\"TextString\" value=\"a\"/></Name>",
         "<Name><NameValue type=\"TextString\" value=\"b\"/></Name>"},
    };

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        SCOPED(xml_reader_free) struct xml_element *other = NULL;
        SCOPED(buf_done) struct buf out = {0};
        struct ttlv_item item;

        cr_assert_eq(translate(pairs[i][0], &out), SEALIFT_OK);
        cr_assert_eq(ttlv_parse(buf_bytes(&out), &item, &err), SEALIFT_OK);
        cr_assert_eq(xml_reader_parse(bytes_of_text(pairs[i][1]), &other, &err), SEALIFT_OK);
        cr_assert_eq(kmip_xml_compare(other, &item, &err), SEALIFT_CORRUPT, "%s", pairs[i][1]);
    }
}
