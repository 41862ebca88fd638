#include "cli.h"
#include "standard_streams.h"

#include <locale.h>

int
main(int argc, char **argv)
{
    standard_streams_reserve();
    setlocale(LC_CTYPE, ""); /* how wide a character is on the terminal; numbers keep their decimal point */
    return cli_main(argc, argv, stdout, stderr);
}
