#include "scoped.h"
#include "xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(xml_free) struct xml *xml = NULL;
    struct sealift_error err;

    if (xml_parse((struct bytes){data, size}, "input", &xml, &err) != SEALIFT_OK)
        return 0;
    for (const struct xml_node *node = xml_child(xml_root(xml), "a"); node != NULL; node = xml_next(node, "a")) {
        SCOPED(buf_done) struct buf text = {.max = 4096};

        xml_child_text(node, "b", &text);
    }
    return 0;
}
