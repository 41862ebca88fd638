#include "authority.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS     "0123456789"
#define NAME_CHARS DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._"

static bool
holds_only(const char *text, const char *allowed)
{
    return text[0] != '\0' && text[strspn(text, allowed)] == '\0';
}

static bool
copy_part(char *out, size_t size, const char *text, size_t len)
{
    if (len >= size)
        return false;
    memcpy(out, text, len);
    out[len] = '\0';
    return true;
}

/* In the usual form, so that one address has one spelling. */
static bool
normalise_ipv6(char host[AUTHORITY_HOST_SIZE])
{
    char address[AUTHORITY_HOST_SIZE], usual[INET6_ADDRSTRLEN];
    size_t len = strcspn(host, "%");
    const char *zone = host + len;
    uint8_t bytes[16];

    memcpy(address, host, len);
    address[len] = '\0';
    if (inet_pton(AF_INET6, address, bytes) != 1 || (zone[0] == '%' && !holds_only(zone + 1, NAME_CHARS)))
        return false;
    inet_ntop(AF_INET6, bytes, usual, sizeof(usual));
    return snprintf(address, sizeof(address), "%s%s", usual, zone) < (int)sizeof(address) &&
           copy_part(host, AUTHORITY_HOST_SIZE, address, strlen(address));
}

bool
authority_read_host(const char *text, char ret_host[AUTHORITY_HOST_SIZE], const char **ret_rest)
{
    bool bracketed = text[0] == '[';
    const char *begin = text + bracketed;
    size_t len = strcspn(begin, bracketed ? "]/" : ":/");
    char host[AUTHORITY_HOST_SIZE];

    if (!copy_part(host, sizeof(host), begin, len) || (bracketed && begin[len] != ']') ||
        !(bracketed ? normalise_ipv6(host) : holds_only(host, NAME_CHARS)))
        return false;
    memcpy(ret_host, host, strlen(host) + 1);
    *ret_rest = begin + len + bracketed;
    return true;
}

bool
authority_read_port(const char *text, size_t len, char ret_port[AUTHORITY_PORT_SIZE])
{
    char port[AUTHORITY_PORT_SIZE];
    unsigned long number;

    if (!copy_part(port, sizeof(port), text, len) || !holds_only(port, DIGITS))
        return false;
    number = strtoul(port, NULL, 10);
    if (number < 1 || number > 65535)
        return false;
    snprintf(ret_port, AUTHORITY_PORT_SIZE, "%lu", number);
    return true;
}
