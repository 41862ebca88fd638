/* Making error messages: what failed, on which object, and what to do next. */
#ifndef ERROR_H
#define ERROR_H

#include <sealift/status.h>
#include <stdbool.h>

/* Fills in `err` and returns `status`, so that failing is one line: return error_set(err, SEALIFT_INVALID, "...").
 * Control characters and bytes that are not UTF-8, as they arrive through an argument (a server's answer, a file name),
 * are shown as \xNN. Newlines of the format stay, unless an argument holds some too. */
[[gnu::format(printf, 3, 4)]] enum sealift_status error_set(struct sealift_error *err, enum sealift_status status,
                                                            const char *format, ...);

/* The same with ": " and errno's text behind the message. ENOSPC, EROFS, EACCES ... choose the status:
 * EACCES and EPERM are DENIED, ENOENT NOT_FOUND, EEXIST CONFLICT, ENOMEM NO_MEMORY, all others IO.
 * errno holds error_number afterwards, so that a caller may add the way out that only it knows. */
[[gnu::format(printf, 3, 4)]] enum sealift_status error_errno(struct sealift_error *err, int error_number,
                                                              const char *format, ...);

/* Puts "context: " before the message that `err` already holds and returns its status. */
[[gnu::format(printf, 2, 3)]] enum sealift_status error_prefix(struct sealift_error *err, const char *format, ...);

/* Appends a sentence, typically the way out, and returns its status. */
[[gnu::format(printf, 2, 3)]] enum sealift_status error_hint(struct sealift_error *err, const char *format, ...);

/* NO_MEMORY with the plain message. */
enum sealift_status error_no_memory(struct sealift_error *err);

/* Whoever goes through many (filesystems, wrappings, objects, servers) notes that one failed and goes on with the next.
 * Not so where the next one would fare the same:
 *
 * error_ends_all(): CANCELLED, NO_MEMORY, INTERNAL. It is no matter of the one that failed; all work ends.
 * error_ends_trying(): these, and UNAVAILABLE. For those that hang on one and the same server: with another of them, or
 * with this one again, there is no more to be had from it now. */
bool error_ends_all(enum sealift_status status);
bool error_ends_trying(enum sealift_status status);

#endif
