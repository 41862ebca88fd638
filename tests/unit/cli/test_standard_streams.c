#include "standard_streams.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <unistd.h>

Test(standard_streams, keeps_files_away_from_streams_that_were_closed)
{
    int fd;

    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    standard_streams_reserve();
    fd = open("/dev/null", O_WRONLY);
    cr_assert_gt(fd, STDERR_FILENO);
    close(fd);
}

Test(standard_streams, takes_no_output_in_the_place_of_a_closed_stream)
{
    close(STDOUT_FILENO);
    standard_streams_reserve();
    cr_assert_eq(write(STDOUT_FILENO, "locator", 7), -1);
}

Test(standard_streams, leaves_open_streams_alone)
{
    int fds[2];

    cr_assert_eq(pipe(fds), 0);
    cr_assert_eq(dup2(fds[1], STDOUT_FILENO), STDOUT_FILENO);
    standard_streams_reserve();
    cr_assert_eq(write(STDOUT_FILENO, "locator", 7), 7);
}
