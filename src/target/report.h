/* How a target speaks: of failures, with the way out, and of what could not be set. */
#ifndef REPORT_H
#define REPORT_H

#include "target.h"

struct report {
    const char *root; /* the target as the admin named it */
    target_degraded *degraded;
    void *context;
};

/* `act` completes "cannot ...". A full disk, a read-only one, a name that is taken, a link in the way each have their
 * sentence. */
enum sealift_status report_failure(const struct report *report, int error_number, struct bytes path, const char *act,
                                   struct sealift_error *err);

/* Whether a call was refused for what was asked, by rights or by the kind of filesystem, rather than having failed. */
bool report_is_refusal(int error_number);

/* Tells what was left out, and goes on. */
[[gnu::format(printf, 3, 4)]] void report_degraded(const struct report *report, struct bytes path, const char *format,
                                                   ...);

#endif
