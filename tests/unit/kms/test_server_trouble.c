#include "server_trouble.h"

#include "utf8.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct sealift_error err;

static void
note(struct server_troubles *troubles, size_t server, enum sealift_status status, const char *message)
{
    struct sealift_error trouble = {.status = status};

    snprintf(trouble.message, sizeof(trouble.message), "%s", message);
    server_troubles_note(troubles, server, &trouble);
}

/* "KMIP s<number>:5696: " and that many letters. */
static void
note_long(struct server_troubles *troubles, size_t server, size_t len)
{
    char message[2044];
    size_t at = (size_t)snprintf(message, sizeof(message), "KMIP s%zu:5696: ", server);

    memset(message + at, 'a' + (int)server, len);
    message[at + len] = '\0';
    note(troubles, server, SEALIFT_UNAVAILABLE, message);
}

static size_t
count_of(const char *text, char letter)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += *text == letter;
    return count;
}

Test(server_trouble, of_one_server_is_told_as_it_is)
{
    struct server_troubles troubles = {.prefix = "KMIP "};

    note(&troubles, 0, SEALIFT_DENIED, "KMIP a:5696: no");
    cr_assert_eq(server_troubles_report(&troubles, 1, &err), SEALIFT_DENIED);
    cr_assert_str_eq(err.message, "KMIP a:5696: no");
}

Test(server_trouble, that_is_ours_and_the_same_for_all_is_told_once)
{
    struct server_troubles troubles = {.prefix = "KMIP "};

    note(&troubles, 0, SEALIFT_NOT_FOUND, "KMIP: the password: it is not there");
    cr_assert_eq(server_troubles_report(&troubles, 1, &err), SEALIFT_NOT_FOUND);
    cr_assert_str_eq(err.message, "KMIP: the password: it is not there");
    note(&troubles, 1, SEALIFT_NOT_FOUND, "KMIP: the password: it is not there");
    cr_assert_eq(server_troubles_report(&troubles, 1, &err), SEALIFT_NOT_FOUND);
    cr_assert_str_eq(err.message, "KMIP: the password: it is not there");
}

Test(server_trouble, of_several_names_each)
{
    struct server_troubles troubles = {.prefix = "KMIP "};

    note(&troubles, 0, SEALIFT_UNAVAILABLE, "KMIP a:5696: cannot connect");
    note(&troubles, 1, SEALIFT_UNAVAILABLE, "KMIP b:5696: no answer");
    cr_assert_eq(server_troubles_report(&troubles, 7, &err), SEALIFT_UNAVAILABLE);
    cr_assert_str_eq(err.message, "KMIP a:5696: cannot connect; b:5696: no answer; gave up after 7 tries");
}

Test(server_trouble, the_last_of_each_server_counts)
{
    struct server_troubles troubles = {.prefix = "KMIP "};

    note(&troubles, 0, SEALIFT_UNAVAILABLE, "KMIP a:5696: first");
    note(&troubles, 0, SEALIFT_CORRUPT, "KMIP a:5696: second");
    cr_assert_eq(server_troubles_report(&troubles, 1, &err), SEALIFT_CORRUPT);
    cr_assert_str_eq(err.message, "KMIP a:5696: second");
}

Test(server_trouble, may_pass_when_one_of_them_may)
{
    struct server_troubles troubles = {.prefix = "KMIP "};

    note(&troubles, 0, SEALIFT_DENIED, "KMIP a:5696: x");
    cr_assert_not(server_troubles_may_pass(&troubles));
    note(&troubles, 1, SEALIFT_INVALID, "KMIP b:5696: y");
    cr_assert_not(server_troubles_may_pass(&troubles));
    cr_assert_eq(server_troubles_report(&troubles, 1, &err), SEALIFT_DENIED);
    note(&troubles, 2, SEALIFT_UNAVAILABLE, "KMIP c:5696: z");
    cr_assert(server_troubles_may_pass(&troubles));
    cr_assert_eq(server_troubles_report(&troubles, 1, &err), SEALIFT_UNAVAILABLE);
    cr_assert_str_eq(err.message, "KMIP a:5696: x; b:5696: y; c:5696: z");
}

Test(server_trouble, eight_long_ones_are_cut_alike_and_none_is_lost)
{
    struct server_troubles troubles = {.prefix = "KMIP "};

    for (size_t i = 0; i < ENDPOINT_LIST_MAX; i++)
        note_long(&troubles, i, 1500);
    cr_assert_eq(server_troubles_report(&troubles, 100, &err), SEALIFT_UNAVAILABLE);
    for (size_t i = 0; i < ENDPOINT_LIST_MAX; i++) {
        char name[16];

        snprintf(name, sizeof(name), "s%zu:5696: %c", i, 'a' + (int)i);
        cr_assert_not_null(strstr(err.message, name), "%s is missing: %s", name, err.message);
    }
    cr_assert_not_null(strstr(err.message, "hhh...; gave up after 100 tries"), "%s", err.message);
    cr_assert_geq(strlen(err.message), 1900, "room is left: %zu", strlen(err.message));
}

Test(server_trouble, what_short_ones_leave_is_the_long_ones)
{
    struct server_troubles troubles = {.prefix = "KMIP "};

    note_long(&troubles, 0, 1700);
    note_long(&troubles, 1, 10);
    note_long(&troubles, 2, 1700);
    cr_assert_eq(server_troubles_report(&troubles, 2, &err), SEALIFT_UNAVAILABLE);
    cr_assert_not_null(strstr(err.message, "s1:5696: bbbbbbbbbb; s2:5696: c"), "%s", err.message);
    cr_assert_geq(count_of(err.message, 'c'), 900);
    cr_assert_not_null(strstr(err.message, "ccc...; gave up after 2 tries"));
}

Test(server_trouble, two_that_fit_are_not_cut)
{
    struct server_troubles troubles = {.prefix = "KMIP "};

    note_long(&troubles, 0, 1200);
    note_long(&troubles, 1, 650);
    cr_assert_eq(server_troubles_report(&troubles, 2, &err), SEALIFT_UNAVAILABLE);
    cr_assert_null(strstr(err.message, "..."), "%s", err.message);
}

Test(server_trouble, is_cut_between_characters)
{
    for (size_t shift = 0; shift < 4; shift++) {
        struct server_troubles troubles = {.prefix = "KMIP "};
        char message[2044] = "KMIP a:5696: ";
        size_t at = strlen(message);

        memset(message + at, 'x', shift);
        for (at += shift; at + 5 < sizeof(message); at += 4)
            memcpy(message + at, "\xf0\x9f\x94\x91", 5);
        note(&troubles, 0, SEALIFT_UNAVAILABLE, message);
        note(&troubles, 1, SEALIFT_UNAVAILABLE, "KMIP b:5696: y");
        cr_assert_eq(server_troubles_report(&troubles, 1, &err), SEALIFT_UNAVAILABLE);
        cr_assert(utf8_is_valid(bytes_of_text(err.message)));
        cr_assert_null(strstr(err.message, "\\x"), "%s", err.message);
        cr_assert_not_null(strstr(err.message, "...; b:5696: y"));
    }
}

Test(server_trouble, of_one_who_was_told_to_stop_is_all_there_is_to_tell)
{
    struct server_troubles troubles = {.prefix = "KMIP "};

    note(&troubles, 0, SEALIFT_UNAVAILABLE, "KMIP a:5696: x");
    note(&troubles, 1, SEALIFT_CANCELLED, "stopped on request");
    cr_assert_eq(server_troubles_report(&troubles, 3, &err), SEALIFT_CANCELLED);
    cr_assert_str_eq(err.message, "stopped on request");
}

Test(server_trouble, has_the_prefix_of_its_kind)
{
    struct server_troubles troubles = {.prefix = "Vault: "};

    note(&troubles, 0, SEALIFT_UNAVAILABLE, "Vault: a:8200: x");
    note(&troubles, 1, SEALIFT_UNAVAILABLE, "Vault: b:8200: y");
    cr_assert_eq(server_troubles_report(&troubles, 1, &err), SEALIFT_UNAVAILABLE);
    cr_assert_str_eq(err.message, "Vault: a:8200: x; b:8200: y");
}
