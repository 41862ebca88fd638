/* The KMS of a cluster is opened when a transfer first needs it, while another thread keeps it alive; run it under
 * ThreadSanitizer. */
#include "fixture_home.h"
#include "heartbeat.h"
#include "scoped.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void
insist(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "race_handle: %s\n", what);
    exit(1);
}

static void
keep_alive(void *context)
{
    handle_keep_kms_alive(context);
}

int
main(void)
{
    const struct sealift_vault_spec spec = {.address = "http://127.0.0.1:1", .key = "k"};
    SCOPED(fixture_done) struct fixture fixture;
    struct heartbeat *heartbeat;
    struct kms *kms, *again;

    fixture_init(&fixture, false);
    fixture_expect(
        &fixture,
        sealift_kms_set_vault(fixture.sealift, &spec, &(struct sealift_kms_change){.no_check = true}, &fixture.err),
        SEALIFT_OK, "");
    for (int i = 0; i < 20; i++) {
        insist(heartbeat_start(NS_PER_MS / 10, keep_alive, fixture.sealift, &heartbeat, &fixture.err) == SEALIFT_OK,
               fixture.err.message);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        insist(handle_kms(fixture.sealift, false, &kms, &fixture.err) == SEALIFT_OK, fixture.err.message);
        insist(handle_kms(fixture.sealift, false, &again, &fixture.err) == SEALIFT_OK && again == kms,
               "one connection serves all");
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        heartbeat_stop(&heartbeat);
        handle_forget_kms(fixture.sealift);
    }
    return 0;
}
