#include "nearest.h"

#include <criterion/criterion.h>
#include <string.h>

/* What is guessed among a few options. */
static const char *
guess(const char *word)
{
    static const char *const candidates[] = {"endpoint", "region", "profile", "no-check", "json"};
    struct nearest nearest = {.word = word, .len = strlen(word)};

    for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++)
        nearest_offer(&nearest, candidates[i]);
    return nearest.best != NULL ? nearest.best : "";
}

Test(nearest, knows_a_slip_of_the_finger)
{
    cr_assert_str_eq(guess("endpiont"), "endpoint");
    cr_assert_str_eq(guess("regin"), "region");
    cr_assert_str_eq(guess("jsonn"), "json");
    cr_assert_str_eq(guess("nocheck"), "no-check");
}

Test(nearest, knows_an_abbreviation)
{
    cr_assert_str_eq(guess("end"), "endpoint");
    cr_assert_str_eq(guess("prof"), "profile");
}

Test(nearest, does_not_guess_wildly)
{
    cr_assert_str_eq(guess("x"), "");
    cr_assert_str_eq(guess(""), "");
    cr_assert_str_eq(guess("bucket"), "");
    cr_assert_str_eq(guess("a-word-that-is-far-longer-than-any-option-could-ever-be"), "");
}

Test(nearest, looks_only_at_the_length_that_counts)
{
    struct nearest nearest = {.word = "regoin=eu-central-1", .len = 6};

    nearest_offer(&nearest, "region");
    cr_assert_str_eq(nearest.best, "region");
}
