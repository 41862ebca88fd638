"""The documented exit codes of the command: one for each group of remedies (include/sealift/status.h)."""

OK, INVALID, DENIED, NOT_FOUND, CONFLICT, UNAVAILABLE, CORRUPT, KEY, IO, NO_MEMORY, CANCELLED, INTERNAL = range(12)
