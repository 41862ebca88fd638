/* A resolver that does what a test needs: getaddrinfo() is replaced for the names below, and for no others. */
#ifndef FIXTURE_NAMES_H
#define FIXTURE_NAMES_H

/* "two.test": ::1 and then 127.0.0.1, "three.test": 127.0.0.2, 127.0.0.3 and 127.0.0.1; "none.test": there is no such
 * name, "later.test": not for now; "slow.test": no answer until ... */
void names_let_go(void);
int names_waiting(void); /* how many ask for it */

#endif
