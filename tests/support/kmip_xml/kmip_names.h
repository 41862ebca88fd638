/* The names of KMIP's numbers, from tests/vectors/kmip. Names are compared by their letters and digits alone, whatever
 * their case: transcripts of different years write PKCS_11 and PKCS11. */
#ifndef KMIP_NAMES_H
#define KMIP_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* False: there is no such name. */
bool kmip_names_tag(const char *name, uint32_t *ret_tag);

/* The set that names the values of the item with this name: an enumeration, a mask or "Tag"; NULL: it has none. */
const char *kmip_names_set_of(const char *tag_name);

/* The number of a name in an enumeration, a mask, or "Tag". */
bool kmip_names_value(const char *set, const char *name, uint32_t *ret_value);

/* How many there are: tags, and values of enumerations and masks. */
size_t kmip_names_count(void);

#endif
