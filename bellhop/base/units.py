"""Units that stand in more than one place."""

KIBIBYTE = 1024
MEBIBYTE = 1024 * 1024
DAY_S = 86400.0
