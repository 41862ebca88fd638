#include "exit_code.h"

const struct exit_code exit_codes[] = {
    {0, SEALIFT_OK, "done; an upload that ends with 0 can be restored now"},
    {1, SEALIFT_INTERNAL, "a mistake of sealift's own: please report it"},
    {2, SEALIFT_INVALID, "the request makes no sense as it stands, or the command line is wrong"},
    {3, SEALIFT_DENIED, "somebody refused: credentials, a policy, permissions"},
    {4, SEALIFT_NOT_FOUND, "what was named does not exist"},
    {5, SEALIFT_CONFLICT, "the name is taken, or the state forbids it"},
    {6, SEALIFT_UNAVAILABLE, "a server or the network failed for now: trying again may help"},
    {7, SEALIFT_CORRUPT, "bytes are not what was written"},
    {8, SEALIFT_KEY, "the key does not open it, or the KMS cannot use its key"},
    {9, SEALIFT_IO, "this machine's disk or file system failed: full, read-only, unreadable"},
    {10, SEALIFT_NO_MEMORY, "no memory, or beyond the memory ceiling"},
    {130, SEALIFT_CANCELLED, "stopped by Ctrl-C, SIGTERM or SIGHUP"},
};
const size_t exit_codes_count = sizeof(exit_codes) / sizeof(exit_codes[0]);

int
exit_code_of(enum sealift_status status)
{
    for (size_t i = 0; i < exit_codes_count; i++)
        if (exit_codes[i].status == status)
            return exit_codes[i].code;
    return 1;
}
