#include "resolver.h"

#include "fixture_names.h"
#include "scoped.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

TestSuite(resolver, .timeout = 60);

static struct sealift_error err;
static struct cancel cancel;
static const struct world world = {&clock_system, &entropy_system, &cancel, NULL};

static enum sealift_status
find(const char *host, int64_t timeout_ns, struct addrinfo **ret_addresses)
{
    struct net_deadline deadline = net_deadline_in(&world, timeout_ns);
    struct endpoint endpoint = {.port = "5696"};

    snprintf(endpoint.host, sizeof(endpoint.host), "%s", host);
    return resolver_find(&endpoint, &deadline, ret_addresses, &err);
}

static void
assert_address(const struct addrinfo *address, const char *expected)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];

    cr_assert_not_null(address);
    cr_assert_eq(address->ai_socktype, SOCK_STREAM);
    cr_assert_eq(getnameinfo(address->ai_addr, address->ai_addrlen, host, sizeof(host), port, sizeof(port),
                             NI_NUMERICHOST | NI_NUMERICSERV),
                 0);
    cr_assert_str_eq(host, expected);
    cr_assert_str_eq(port, "5696");
}

Test(resolver, takes_addresses_as_they_are)
{
    SCOPED(resolver_free) struct addrinfo *v4 = NULL, *v6 = NULL;

    cr_assert_eq(find("10.1.2.3", 0, &v4), SEALIFT_OK, "%s", err.message);
    assert_address(v4, "10.1.2.3");
    cr_assert_null(v4->ai_next);
    cr_assert_eq(find("2001:db8::1", 0, &v6), SEALIFT_OK, "%s", err.message);
    assert_address(v6, "2001:db8::1");
}

Test(resolver, finds_every_address_of_a_name_in_order)
{
    SCOPED(resolver_free) struct addrinfo *addresses = NULL;

    cr_assert_eq(find("two.test", 30 * NS_PER_S, &addresses), SEALIFT_OK, "%s", err.message);
    assert_address(addresses, "::1");
    assert_address(addresses->ai_next, "127.0.0.1");
    cr_assert_null(addresses->ai_next->ai_next);
}

Test(resolver, asks_the_system)
{
    SCOPED(resolver_free) struct addrinfo *addresses = NULL;

    cr_assert_eq(find("localhost", 30 * NS_PER_S, &addresses), SEALIFT_OK, "%s", err.message);
    cr_assert_not_null(addresses);
}

static void
assert_not_found(const char *host, int64_t timeout_ns, const char *because)
{
    struct addrinfo *addresses = NULL;

    cr_assert_eq(find(host, timeout_ns, &addresses), SEALIFT_UNAVAILABLE);
    cr_assert_not_null(strstr(err.message, because), "%s", err.message);
    cr_assert_null(addresses);
}

Test(resolver, tells_a_name_that_is_not_there_from_a_name_server_that_is_silent)
{
    assert_not_found("none.test", 30 * NS_PER_S, "cannot be resolved (Name or service not known): check it");
    assert_not_found("later.test", 30 * NS_PER_S, "the name server does not answer; check the DNS of this machine");
}

static int64_t
now_ns(void)
{
    return clock_system.mono_ns(&clock_system);
}

/* Until the threads that were left behind have ended what they were about. */
static void
let_go(int expected)
{
    while (names_waiting() != expected)
        clock_system.sleep_ns(&clock_system, NS_PER_MS, NULL);
    names_let_go();
    while (names_waiting() != 0)
        clock_system.sleep_ns(&clock_system, NS_PER_MS, NULL);
}

Test(resolver, leaves_a_lookup_behind_that_takes_too_long)
{
    int64_t began_ns = now_ns();

    for (int i = 0; i < 3; i++)
        assert_not_found("slow.test", 100 * NS_PER_MS, "this name was not resolved in time");
    cr_assert_geq(now_ns() - began_ns, 300 * NS_PER_MS);
    cr_assert_lt(now_ns() - began_ns, 10 * NS_PER_S);
    let_go(3);
}

static void *
cancel_in_a_moment(void *unused)
{
    clock_system.sleep_ns(&clock_system, 50 * NS_PER_MS, NULL);
    atomic_store(&cancel.asked, true);
    return unused;
}

Test(resolver, stops_on_request)
{
    struct addrinfo *addresses = NULL;
    int64_t began_ns = now_ns();
    pthread_t canceller;

    cr_assert_eq(pthread_create(&canceller, NULL, cancel_in_a_moment, NULL), 0);
    cr_assert_eq(find("slow.test", 30 * NS_PER_S, &addresses), SEALIFT_CANCELLED);
    cr_assert_lt(now_ns() - began_ns, 10 * NS_PER_S);
    cr_assert_str_eq(err.message, "stopped on request");
    pthread_join(canceller, NULL);
    let_go(1);
}
