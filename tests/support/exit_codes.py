"""The documented exit codes of the command (`sealift help exit-codes`)."""

OK = 0
INTERNAL = 1
INVALID = 2
DENIED = 3
NOT_FOUND = 4
CONFLICT = 5
UNAVAILABLE = 6
CORRUPT = 7
KEY = 8
IO = 9
NO_MEMORY = 10
CANCELLED = 130
