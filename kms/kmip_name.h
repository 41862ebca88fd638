/* The numbers of KMIP in its own words (KMIP 1.4, section 9.1.3.2; 2.1, section 11). */
#ifndef KMIP_NAME_H
#define KMIP_NAME_H

#include "kmip_tag.h"

#include <stdint.h>

const char *kmip_operation_name(enum kmip_operation operation); /* "Encrypt" */
const char *kmip_reason_name(uint32_t reason);                  /* "Item Not Found"; "" for one without a name */

#endif
