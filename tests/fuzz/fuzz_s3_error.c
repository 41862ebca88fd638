#include "s3_error.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct s3_error error = {.http_status = 403};
    struct sealift_error err;

    s3_error_parse_body((struct bytes){data, size}, &error);
    if (error.region[strspn(error.region, S3_REGION_CHARACTERS)] != '\0')
        abort(); /* a region can stand in a host name */
    if (s3_error_report(&error, "GET", &err) == SEALIFT_OK)
        abort(); /* an error is one */
    return 0;
}
