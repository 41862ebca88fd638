/* The home that many tests begin with: a filesystem "home", and its snapshot "monday", uploaded to the store "dr".
 * Included by one C file of a program. */
#ifndef UPLOADED_HOME_H
#define UPLOADED_HOME_H

#include "fixture_home.h"

static struct fixture fixture;
static char locator[74];

static inline void
set_up(void)
{
    fixture_init(&fixture, true);
    fixture_add_uploaded(&fixture, "home", "tree", locator);
}

static inline void
tear_down(void)
{
    fixture_done(&fixture);
}

#endif
