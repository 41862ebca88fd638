#include "tcp_socket.h"

#include "descriptors.h"
#include "error.h"
#include "resolver.h"
#include "scoped.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* More than a name ever has in earnest: a DNS answer is from outside. */
#define MAX_ADDRESSES 16

static enum sealift_status
report_limits(int error_number, struct sealift_error *err)
{
    TRY(descriptors_check(error_number, err));
    return error_errno(err, error_number, "cannot make a socket");
}

/* Whether the connection is there: 0, or what kept it from coming about. ETIMEDOUT is also ours. */
static enum sealift_status
finish_connecting(int fd, const struct net_deadline *deadline, int *ret_trouble, struct sealift_error *err)
{
    socklen_t len = sizeof(*ret_trouble);
    bool ready;

    TRY(net_deadline_wait(deadline, fd, POLLOUT, &ready, err));
    if (!ready)
        *ret_trouble = ETIMEDOUT;
    else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, ret_trouble, &len) != 0)
        *ret_trouble = errno;
    return SEALIFT_OK;
}

static enum sealift_status
try_address(const struct addrinfo *address, const struct net_deadline *deadline, int *ret_fd, int *ret_trouble,
            struct sealift_error *err)
{
    SCOPED(fd_done)
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address->ai_protocol);
    int on = 1;

    *ret_trouble = 0;
    if (fd < 0 && errno == EAFNOSUPPORT) /* IPv6 is switched off here */
        *ret_trouble = errno;
    else if (fd < 0)
        return report_limits(errno, err);
    else if (connect(fd, address->ai_addr, address->ai_addrlen) != 0)
        *ret_trouble = errno;
    if (*ret_trouble == EINPROGRESS)
        TRY(finish_connecting(fd, deadline, ret_trouble, err));
    if (*ret_trouble != 0)
        return SEALIFT_OK;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* a request is written at once, and waited for */
    *ret_fd = fd;
    fd = -1;
    return SEALIFT_OK;
}

/* Adds ", ADDRESS: what happened to it". */
static enum sealift_status
note_trouble(const struct addrinfo *address, int trouble, struct buf *notes, struct sealift_error *err)
{
    char host[NI_MAXHOST] = "?", reason[128];

    getnameinfo(address->ai_addr, address->ai_addrlen, host, sizeof(host), NULL, 0, NI_NUMERICHOST);
    return buf_printf(notes, "%s%s: %s", err, notes->len > 0 ? ", " : "", host,
                      strerror_r(trouble, reason, sizeof(reason)));
}

static enum sealift_status
report(int trouble, struct buf *notes, struct sealift_error *err)
{
    const char *text;

    TRY(buf_text(notes, &text, err));
    if (trouble == ETIMEDOUT)
        return error_set(err, SEALIFT_UNAVAILABLE,
                         "no connection in time (%s): is the address right, and does a firewall let it through?", text);
    if (trouble == ECONNREFUSED)
        return error_set(err, SEALIFT_UNAVAILABLE, "cannot connect (%s): is the server running, and the port right?",
                         text);
    return error_set(err, SEALIFT_UNAVAILABLE, "cannot connect (%s)", text);
}

static size_t
count_addresses(const struct addrinfo *address)
{
    size_t count = 0;

    for (; address != NULL && count < MAX_ADDRESSES; address = address->ai_next)
        count++;
    return count;
}

enum sealift_status
tcp_socket_connect(const struct endpoint *endpoint, const struct net_deadline *deadline, int *ret_fd,
                   struct sealift_error *err)
{
    SCOPED(resolver_free) struct addrinfo *addresses = NULL;
    SCOPED(buf_done) struct buf notes = {0};
    const struct addrinfo *address;
    int trouble = 0, telling = 0;

    TRY(resolver_find(endpoint, deadline, &addresses, err));
    address = addresses;
    for (size_t left = count_addresses(addresses); left > 0; left--, address = address->ai_next) {
        struct net_deadline share = net_deadline_share(deadline, left);

        TRY(try_address(address, &share, ret_fd, &trouble, err));
        if (trouble == 0)
            return SEALIFT_OK;
        if (telling == 0 || trouble == ETIMEDOUT || trouble == ECONNREFUSED)
            telling = trouble;
        TRY(note_trouble(address, trouble, &notes, err));
    }
    return report(telling, &notes, err);
}
