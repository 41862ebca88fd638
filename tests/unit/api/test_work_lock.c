#include "work_lock.h"

#include "scoped.h"
#include "scratch_folder.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static struct cancel cancel;
static const struct world world = {&clock_system, &entropy_system, &cancel, NULL};
static struct scratch_folder scratch;
static struct sealift_error err;

static void
set_up(void)
{
    scratch_folder_make(&scratch);
}

static void
tear_down(void)
{
    scratch_folder_done(&scratch);
}

TestSuite(work_lock, .init = set_up, .fini = tear_down);

static bool
is_held(const struct uuid *what)
{
    bool held;

    cr_assert_eq(work_lock_is_held(scratch.path, what, &held, &err), SEALIFT_OK, "%s", err.message);
    return held;
}

Test(work_lock, is_of_one_thing_alone)
{
    SCOPED(work_lock_free) struct work_lock *lock = NULL;
    struct uuid mine = uuid_v7(&world), other = uuid_v7(&world);

    cr_assert(!is_held(&mine));
    cr_assert_eq(work_lock_take(scratch.path, &mine, &lock, &err), SEALIFT_OK, "%s", err.message);
    cr_assert(is_held(&mine));
    cr_assert(!is_held(&other));
    work_lock_free(&lock);
    cr_assert(!is_held(&mine));
}

Test(work_lock, has_one_holder)
{
    SCOPED(work_lock_free) struct work_lock *lock = NULL, *second = NULL;
    struct uuid what = uuid_v4(&world), other = uuid_v4(&world);

    cr_assert_eq(work_lock_take(scratch.path, &what, &lock, &err), SEALIFT_OK);
    cr_assert_eq(work_lock_take(scratch.path, &what, &second, &err), SEALIFT_CONFLICT);
    cr_assert_eq(second, NULL);
    cr_assert_eq(work_lock_take(scratch.path, &other, &second, &err), SEALIFT_OK);
}

Test(work_lock, goes_with_its_process, .timeout = 30)
{
    struct uuid what = uuid_v7(&world);
    int ready[2];
    pid_t child;
    char byte;

    cr_assert_eq(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        struct work_lock *lock;

        if (work_lock_take(scratch.path, &what, &lock, &err) == SEALIFT_OK && write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    cr_assert(is_held(&what));
    cr_assert_eq(kill(child, SIGKILL), 0);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    cr_assert(!is_held(&what));
}

Test(work_lock, says_why_it_cannot_be_had)
{
    struct work_lock *lock;
    struct uuid what = uuid_v7(&world);
    bool held;

    cr_assert_eq(work_lock_take("/nowhere/at/all", &what, &lock, &err), SEALIFT_NOT_FOUND);
    cr_assert_eq(work_lock_is_held("/nowhere/at/all", &what, &held, &err), SEALIFT_NOT_FOUND);
}
