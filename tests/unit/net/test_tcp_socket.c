#include "tcp_socket.h"

#include "fixture_names.h"
#include "fixture_tls_peer.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

TestSuite(tcp_socket, .timeout = 60);

static struct sealift_error err;
static struct cancel cancel;
static const struct world world = {&clock_system, &entropy_system, &cancel, NULL};

static enum sealift_status
dial(const char *host, const char *port, int64_t timeout_ns, int *ret_fd)
{
    struct net_deadline deadline = net_deadline_in(&world, timeout_ns);
    struct endpoint endpoint;

    snprintf(endpoint.host, sizeof(endpoint.host), "%s", host);
    snprintf(endpoint.port, sizeof(endpoint.port), "%s", port);
    return tcp_socket_connect(&endpoint, &deadline, ret_fd, &err);
}

static void
assert_reached(const char *host, const char *port)
{
    SCOPED(fd_done) int fd = -1;

    cr_assert_eq(dial(host, port, 30 * NS_PER_S, &fd), SEALIFT_OK, "%s", err.message);
    cr_assert_geq(fd, 0);
    cr_assert_neq(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    cr_assert_neq(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
}

Test(tcp_socket, tries_each_address_of_a_name)
{
    SCOPED(tls_peer_stop) struct tls_peer *v4 = tls_peer_start(&(struct tls_peer_options){.ending = TLS_PEER_STALL});

    assert_reached("127.0.0.1", tls_peer_port(v4));
    assert_reached("localhost", tls_peer_port(v4));
    assert_reached("two.test", tls_peer_port(v4)); /* ::1 refuses */
    assert_reached("three.test", tls_peer_port(v4));
}

Test(tcp_socket, takes_the_first_address_that_answers)
{
    SCOPED(tls_peer_stop)
    struct tls_peer *v6 = tls_peer_start(&(struct tls_peer_options){.ipv6 = true, .ending = TLS_PEER_STALL});

    if (v6 == NULL)
        cr_skip_test("this machine has no ::1");
    assert_reached("::1", tls_peer_port(v6));
    assert_reached("two.test", tls_peer_port(v6));
}

Test(tcp_socket, names_each_address_with_its_trouble)
{
    char port[6];
    SCOPED(fd_done) int deaf = tls_peer_deaf_port(port);
    int fd = -1;

    cr_assert_geq(deaf, 0);
    cr_assert_eq(dial("three.test", port, 30 * NS_PER_S, &fd), SEALIFT_UNAVAILABLE);
    cr_assert_str_eq(err.message, "cannot connect (127.0.0.2: Connection refused, 127.0.0.3: Connection refused, "
                                  "127.0.0.1: Connection refused): is the server running, and the port right?");
    cr_assert_eq(fd, -1);
}

/* An address that swallows what is sent to it leaves the others their share of the time. */
Test(tcp_socket, does_not_spend_all_its_time_on_one_address)
{
    SCOPED(tls_peer_backlog_done) struct tls_peer_backlog backlog;
    int fd = -1;
    int64_t began_ns = clock_system.mono_ns(&clock_system);

    tls_peer_fill_backlog(&backlog);
    began_ns = clock_system.mono_ns(&clock_system);
    cr_assert_eq(dial("three.test", backlog.port, 300 * NS_PER_MS, &fd), SEALIFT_UNAVAILABLE);
    cr_assert_lt(clock_system.mono_ns(&clock_system) - began_ns, 10 * NS_PER_S);
    cr_assert_not_null(strstr(err.message,
                              "no connection in time (127.0.0.2: Connection refused, 127.0.0.3: Connection "
                              "refused, 127.0.0.1: Connection timed out)"),
                       "%s", err.message);
}

Test(tcp_socket, hands_on_what_the_resolver_says)
{
    int fd = -1;

    cr_assert_eq(dial("none.test", "1", 30 * NS_PER_S, &fd), SEALIFT_UNAVAILABLE);
    cr_assert_not_null(strstr(err.message, "cannot be resolved"), "%s", err.message);
}
