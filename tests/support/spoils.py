"""What the types of types/spoiling.py can be told to leave in their process."""

SPOILS = (
    "output", "other output", "streams", "closed stream", "input", "descriptor", "umask",
    "environment", "alarm", "handler", "mask", "files", "sizes", "nice", "cores", "thread",
    "folder",
)  # fmt: skip
