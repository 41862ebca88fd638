/* A KMS that is away: who waits for it, for how long, and who does not. */
#include "toy_routes.h"

Test(kms_waiting, leave_waiting_to_the_type_unless_told_otherwise)
{
    struct toy cluster = toy_of("cluster", "", "k", SEALIFT_UNAVAILABLE);
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();

    adopt(routes, KMS_ROLE_CLUSTER, &cluster);
    expect(routes, place("", "k"), SEALIFT_UNAVAILABLE, "cluster");
    expect(routes, place("", "k"), SEALIFT_UNAVAILABLE, "cluster");
    cr_assert(!cluster.once[0] && !cluster.once[1]);
}

Test(kms_waiting, are_asked_again_while_a_kms_is_away)
{
    struct toy cluster = toy_of("cluster", "", "k", SEALIFT_OK);
    SCOPED(routes_done)
    struct kms_routes *routes = no_routes(&(struct kms_routes_options){.home = "/nonexistent", .wait_seconds = 60});

    cluster.answer[0] = cluster.answer[1] = SEALIFT_UNAVAILABLE;
    adopt(routes, KMS_ROLE_CLUSTER, &cluster);
    expect(routes, place("", "k"), SEALIFT_OK, "cluster cluster cluster");
    cr_assert_gt(scripted.slept_ns, 0);
    cr_assert_leq(scripted.slept_ns, 60 * NS_PER_S);
}

Test(kms_waiting, wait_for_a_bounded_time)
{
    struct toy cluster = toy_of("cluster", "", "k", SEALIFT_UNAVAILABLE);
    SCOPED(routes_done)
    struct kms_routes *routes = no_routes(&(struct kms_routes_options){.home = "/nonexistent", .wait_seconds = 5});
    struct kms_errand errand = {0};
    char fs_text[UUID_TEXT_SIZE], told[160];

    adopt(routes, KMS_ROLE_CLUSTER, &cluster);
    cr_assert_eq(open_at(routes, place("", "k"), &errand), SEALIFT_UNAVAILABLE);
    cr_assert_eq(scripted.slept_ns, 5 * NS_PER_S);
    uuid_format(&fs, fs_text);
    snprintf(told, sizeof(told), "filesystem %s, with toy key transit/k, waits up to 5 s for the KMS: cluster will not",
             fs_text);
    cr_assert_not_null(strstr(scripted.log, told), "%s", scripted.log);
}

Test(kms_waiting, wait_no_longer_than_that_however_long_a_try_takes)
{
    struct toy cluster = toy_of("cluster", "", "k", SEALIFT_UNAVAILABLE);
    SCOPED(routes_done)
    struct kms_routes *routes = no_routes(&(struct kms_routes_options){.home = "/nonexistent", .wait_seconds = 5});

    adopt(routes, KMS_ROLE_CLUSTER, &cluster);
    cluster.takes_ns = 5 * NS_PER_S;
    expect(routes, place("", "k"), SEALIFT_UNAVAILABLE, "cluster");
    cr_assert(cluster.once[0]);
}

Test(kms_waiting, are_not_all_that_waits_for_a_kms)
{
    struct toy fresh = toy_of("fresh", "", "k", SEALIFT_OK);
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();

    fresh.kms.world = &scripted.world;
    fresh.kms.wait_seconds = 60;
    fresh.answer[0] = fresh.answer[1] = SEALIFT_UNAVAILABLE;
    asked[0] = '\0';
    cr_assert_eq(kms_try(&fresh.kms, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(asked, "fresh fresh fresh");
    cr_assert_not_null(strstr(scripted.log, "what needs toy key transit/k waits up to 60 s for the KMS: fresh will"),
                       "%s", scripted.log);
}

/* --- Of many that would wait, one does --- */

Test(kms_waiting, wait_for_a_kms_that_is_away_once_and_then_only_try_it_when_they_are_impatient)
{
    struct toy cluster = toy_of("cluster", "", "k", SEALIFT_UNAVAILABLE);
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();

    adopt(routes, KMS_ROLE_CLUSTER, &cluster);
    kms_routes_be_impatient(routes);
    expect(routes, place("", "k"), SEALIFT_UNAVAILABLE, "cluster cluster");
    cr_assert(cluster.once[0] && !cluster.once[1], "the second time as patiently as ever");
    expect(routes, place("", "k"), SEALIFT_UNAVAILABLE, "cluster");
    cr_assert(cluster.once[2]);
    cr_assert_not_null(strstr(err.message, "cluster will not"), "its own words: %s", err.message);
    expect(routes, place("", "k"), SEALIFT_UNAVAILABLE, "cluster");
    cr_assert(cluster.once[3]);
}

Test(kms_waiting, are_not_blinded_by_one_wrapping_at_which_the_server_fails)
{
    struct toy cluster = toy_of("cluster", "", "k", SEALIFT_OK);
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();

    adopt(routes, KMS_ROLE_CLUSTER, &cluster);
    kms_routes_be_impatient(routes);
    cluster.answer[0] = cluster.answer[1] = SEALIFT_UNAVAILABLE;
    expect(routes, place("", "k"), SEALIFT_UNAVAILABLE, "cluster cluster");
    expect(routes, place("", "k"), SEALIFT_OK, "cluster");
    cluster.asked = 0;
    expect(routes, place("", "k"), SEALIFT_UNAVAILABLE, "cluster cluster");
}

Test(kms_waiting, leave_alone_for_a_minute_who_gives_no_answer_when_they_are_impatient)
{
    struct toy cluster = toy_of("cluster", "", "k", SEALIFT_UNAVAILABLE);
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();

    adopt(routes, KMS_ROLE_CLUSTER, &cluster);
    kms_routes_be_impatient(routes);
    cluster.takes_ns = 5 * NS_PER_S;
    expect(routes, place("", "k"), SEALIFT_UNAVAILABLE, "cluster cluster");
    expect(routes, place("", "k"), SEALIFT_UNAVAILABLE, "");
    cr_assert_not_null(strstr(err.message, "was not there a moment ago"), "%s", err.message);
    scripted.clock.sleep_ns(&scripted.clock, 61 * NS_PER_S, NULL);
    for (size_t i = 0; i < 4; i++)
        cluster.answer[i] = SEALIFT_OK;
    expect(routes, place("", "k"), SEALIFT_OK, "cluster");
    expect(routes, place("", "k"), SEALIFT_OK, "cluster");
}

Test(kms_waiting, wait_once_for_as_long_as_was_said_when_they_are_impatient)
{
    struct toy cluster = toy_of("cluster", "", "k", SEALIFT_UNAVAILABLE);
    SCOPED(routes_done)
    struct kms_routes *routes = no_routes(&(struct kms_routes_options){.home = "/nonexistent", .wait_seconds = 3});

    adopt(routes, KMS_ROLE_CLUSTER, &cluster);
    kms_routes_be_impatient(routes);
    expect(routes, place("", "k"), SEALIFT_UNAVAILABLE, "cluster cluster cluster");
    cr_assert(cluster.once[0] && cluster.once[1] && cluster.once[2], "what waits is the call, and not the type");
    cr_assert_eq(scripted.slept_ns, 3 * NS_PER_S);
    expect(routes, place("", "k"), SEALIFT_UNAVAILABLE, "cluster");
    cr_assert_eq(scripted.slept_ns, 3 * NS_PER_S);
}
