#include "aws_config.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = {data, size};
    struct bytes value;

    for (enum aws_file file = AWS_FILE_CONFIG; file <= AWS_FILE_CREDENTIALS; file++)
        if (aws_config_find(text, file, "default", "region", &value) &&
            (value.len == 0 || value.data < data || value.data + value.len > data + size))
            abort(); /* a value is a part of the text */
    return 0;
}
