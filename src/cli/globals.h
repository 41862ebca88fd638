/* The options that every command takes, before or behind its words. */
#ifndef GLOBALS_H
#define GLOBALS_H

#include "option.h"

struct globals {
    const char *home, *audit_log;
    uint64_t memory;
    int64_t kms_wait_seconds;
    bool json, quiet, verbose, help, version;
};

extern const struct option global_options[];

#endif
