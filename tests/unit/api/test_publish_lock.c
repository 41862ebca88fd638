#include "publish_lock.h"

#include "scoped.h"
#include "scratch_folder.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <time.h>

static struct cancel cancel;
static const struct world world = {&clock_system, &entropy_system, &cancel, NULL};
static struct sealift_error err;

struct waiter {
    const char *home;
    atomic_bool has_it;
    enum sealift_status status;
};

static void *
wait_for_it(void *argument)
{
    struct waiter *waiter = argument;
    SCOPED(fd_done) int fd = -1;
    struct sealift_error ignored;

    waiter->status = publish_lock_take(&world, waiter->home, &fd, &ignored);
    atomic_store(&waiter->has_it, true);
    return NULL;
}

static void
pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

Test(publish_lock, has_one_holder_at_a_time, .timeout = 20)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    struct waiter waiter = {0};
    pthread_t thread;
    int fd;

    scratch_folder_make(&scratch);
    waiter.home = scratch.path;
    cr_assert_eq(publish_lock_take(&world, scratch.path, &fd, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(pthread_create(&thread, NULL, wait_for_it, &waiter), 0);
    pause_ms(120);
    cr_assert(!atomic_load(&waiter.has_it));
    fd_done(&fd);
    pthread_join(thread, NULL);
    cr_assert_eq(waiter.status, SEALIFT_OK);
}

Test(publish_lock, is_not_waited_for_by_who_is_asked_to_stop, .timeout = 20)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    struct waiter waiter = {0};
    pthread_t thread;
    SCOPED(fd_done) int fd = -1;

    scratch_folder_make(&scratch);
    waiter.home = scratch.path;
    cr_assert_eq(publish_lock_take(&world, scratch.path, &fd, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(pthread_create(&thread, NULL, wait_for_it, &waiter), 0);
    pause_ms(60);
    atomic_store(&cancel.asked, true);
    pthread_join(thread, NULL);
    cr_assert_eq(waiter.status, SEALIFT_CANCELLED);
}

Test(publish_lock, says_why_it_cannot_be_had)
{
    SCOPED(fd_done) int fd = -1;

    cr_assert_eq(publish_lock_take(&world, "/nowhere/at/all", &fd, &err), SEALIFT_NOT_FOUND);
}
