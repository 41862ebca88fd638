#include "kms.h"

#include "error.h"
#include "scoped.h"
#include "scripted_world.h"

#include <criterion/criterion.h>
#include <string.h>

static struct scripted_world scripted;
static struct sealift_error err;

/* --- A KMS that does all that it is asked for --- */

static enum sealift_status toy_answer;
static struct kms_errand asked; /* last */

static enum sealift_status
answer(struct sealift_error *error)
{
    return toy_answer == SEALIFT_OK ? SEALIFT_OK : error_set(error, toy_answer, "the toy will not");
}

static enum sealift_status
toy_wrap(struct kms *kms, struct kms_errand *errand, const struct secret *kek, struct kms_hint *ret_hint,
         struct buf *out, struct sealift_error *error)
{
    (void)kek;
    asked = *errand;
    *ret_hint = kms->place;
    TRY(answer(error));
    return buf_append_text(out, "toy:1", error);
}

static enum sealift_status
toy_rewrap(struct kms *kms, struct kms_errand *errand, const char *wrapped_kek, struct kms_hint *ret_hint,
           struct buf *out, struct sealift_error *error)
{
    (void)wrapped_kek;
    return toy_wrap(kms, errand, NULL, ret_hint, out, error);
}

static enum sealift_status
toy_unwrap(struct kms *kms, struct kms_errand *errand, const struct kms_hint *hint, const char *wrapped_kek,
           struct secret **ret_kek, struct sealift_error *error)
{
    (void)kms;
    (void)errand;
    (void)hint;
    (void)wrapped_kek;
    TRY(answer(error));
    return secret_random(&scripted.world, KEY_SIZE, ret_kek, error);
}

static enum sealift_status
toy_key_state(struct kms *kms, struct kms_errand *errand, struct kms_key_state *ret_state, struct sealift_error *error)
{
    (void)kms;
    (void)errand;
    *ret_state = (struct kms_key_state){3, 1};
    return answer(error);
}

static enum sealift_status
toy_check(struct kms *kms, struct kms_errand *errand, kms_each_finding *each, void *context,
          struct sealift_error *error)
{
    (void)kms;
    asked = *errand;
    each(context, &(struct kms_finding){.call = "wrap", .ok = true});
    return answer(error);
}

static const struct kms_ops ops = {
    .type = "toy",
    .wrap = toy_wrap,
    .unwrap = toy_unwrap,
    .rewrap = toy_rewrap,
    .key_state = toy_key_state,
    .check = toy_check,
};

/* --- An audit log --- */

static bool log_is_full;
static char heard[64];

static enum sealift_status
note(struct kms_audit *audit, const struct kms_event *event, struct sealift_error *error)
{
    (void)audit;
    strncat(heard, event->operation, sizeof(heard) - strlen(heard) - 1);
    strncat(heard, " ", sizeof(heard) - strlen(heard) - 1);
    return log_is_full ? error_set(error, SEALIFT_IO, "the log is full") : SEALIFT_OK;
}

/* --- What is asked of it --- */

static struct kms_audit audit = {.note = note};
static struct kms toy = {.ops = &ops, .place = {.type = "toy", .key_identifier = "k"}, .audit = &audit};
static struct secret *kek, *unwrapped;
static struct kms_hint hint;
static struct buf out;
static struct kms_key_state state;
static unsigned findings;

static void
set_up(void)
{
    scripted_world_init(&scripted, "2026-11-30T12:00:00Z");
    toy.world = &scripted.world;
    cr_assert_eq(secret_random(&scripted.world, KEY_SIZE, &kek, &err), SEALIFT_OK);
}

static void
tear_down(void)
{
    secret_free(&kek);
    secret_free(&unwrapped);
    buf_done(&out);
}

TestSuite(kms, .init = set_up, .fini = tear_down);

static void
count_finding(void *context, const struct kms_finding *finding)
{
    (void)context;
    (void)finding;
    findings++;
}

static void
expect_each_call(enum sealift_status status)
{
    struct kms_errand errand = {0};

    cr_assert_eq(kms_wrap(&toy, &errand, kek, &hint, &out, &err), status);
    cr_assert_eq(kms_rewrap(&toy, &errand, "toy:1", &hint, &out, &err), status);
    cr_assert_eq(kms_unwrap(&toy, &errand, &toy.place, "toy:1", &unwrapped, &err), status);
    cr_assert_eq(kms_key_state(&toy, &errand, &state, &err), status);
    cr_assert_eq(kms_check(&toy, count_finding, NULL, &err), status);
    cr_assert_eq(kms_try(&toy, &err), status);
    cr_assert_str_eq(heard, "wrap rewrap unwrap read-key check check ");
}

Test(kms, hands_out_what_was_recorded)
{
    expect_each_call(SEALIFT_OK);
    cr_assert(bytes_equal(buf_bytes(&out), bytes_of_text("toy:1toy:1")));
    cr_assert_str_eq(hint.key_identifier, "k");
    cr_assert_not_null(unwrapped);
    cr_assert_eq(state.latest_version, 3);
    cr_assert_eq(findings, 1u);
}

Test(kms, hands_out_nothing_that_could_not_be_recorded)
{
    log_is_full = true;
    expect_each_call(SEALIFT_IO);
    cr_assert_str_eq(err.message, "the log is full");
    cr_assert_eq(out.len, 0u);
    cr_assert_str_eq(hint.key_identifier, "");
    cr_assert_null(unwrapped);
    cr_assert_eq(state.latest_version, 0);
}

Test(kms, that_failed_unrecorded_tells_both)
{
    log_is_full = true;
    toy_answer = SEALIFT_DENIED;
    expect_each_call(SEALIFT_IO);
    cr_assert_str_eq(err.message, "the log is full; the KMS, too, failed: the toy will not");
}

/* The log is what is wanting, not the KMS: the next call must not find it called away. */
Test(kms, that_is_there_stays_so_when_a_call_could_not_be_recorded)
{
    struct kms_errand errand = {0};

    toy.impatient = true;
    log_is_full = true;
    cr_assert_eq(kms_unwrap(&toy, &errand, &toy.place, "toy:1", &unwrapped, &err), SEALIFT_IO);
    cr_assert_eq(atomic_load(&toy.away_until_ns), 0);
    cr_assert_eq(atomic_load(&toy.silent_until_ns), 0);
}

/* --- How much patience it is asked with --- */

Test(kms, hears_until_when_it_is_waited_for)
{
    const int64_t now = scripted.clock.mono_ns(&scripted.clock);
    struct kms_errand errand = {0};

    cr_assert_eq(kms_wrap(&toy, &errand, kek, &hint, &out, &err), SEALIFT_OK);
    cr_assert(!asked.once && asked.until_ns == 0);
    toy.wait_seconds = 60;
    cr_assert_eq(kms_wrap(&toy, &errand, kek, &hint, &out, &err), SEALIFT_OK);
    cr_assert(asked.once && asked.until_ns == now + 60 * NS_PER_S);
    cr_assert_eq(kms_check(&toy, count_finding, NULL, &err), SEALIFT_OK);
    cr_assert(!asked.once && asked.until_ns == 0, "nobody repeats it");
}
