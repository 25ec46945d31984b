"""The result of a large file, as large as Bellhop takes a result: its longest lists are cut.

Called last, when the exports have been written: they have all rows. Must never cut a total, and
never a list without a warning.
"""

import json
from collections.abc import Iterator
from typing import Any

from bellhop import Context

MOST_BYTES = 4_500_000  # of a result as JSON, which may have 5 MiB
LONG_BYTES = 100_000  # shorter lists are kept whole


def fit(result: dict[str, Any], context: Context) -> None:
    """Cut the long lists, all by the same part, until the result fits."""
    whole = {name: len(holder[name]) for holder, name in lists_of(result)}
    sizes = {name: size_of(holder[name]) for holder, name in lists_of(result)}
    rest = size_without_lists(result)
    while (missing := rest + sum(sizes.values()) - MOST_BYTES) > 0:
        long = sum(size for size in sizes.values() if size > LONG_BYTES)
        # Entries are of unlike length, so it may take another turn.
        part = max(0.0, 1 - missing / max(1, long))
        for holder, name in lists_of(result):
            if sizes[name] > LONG_BYTES or part == 0:
                holder[name] = holder[name][: int(len(holder[name]) * part)]
                sizes[name] = size_of(holder[name])
    for holder, name in lists_of(result):
        if (count := len(holder[name])) < whole[name]:
            text = f"Only {count:,} of {whole[name]:,} {name} are listed; the files have all rows."
            context.warn("list_shortened", text)


def lists_of(result: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Each list that grows with the file, as its holder and its name."""
    reports = result["reports"]
    yield result["extracted_data"], "accounts"
    yield reports, "anomalies"
    for holder in (reports["income_statement"], reports["balance_sheet"]):
        yield from ((holder, name) for name, value in holder.items() if isinstance(value, list))


def size_without_lists(result: dict[str, Any]) -> int:
    """The bytes of a result but for its lists, each of which is encoded only once."""
    kept = [(holder, name, holder[name]) for holder, name in lists_of(result)]
    for holder, name, _ in kept:
        holder[name] = ""  # as many bytes as the lists do not count: two
    size = size_of(result)
    for holder, name, value in kept:
        holder[name] = value
    return size - 2 * len(kept)


def size_of(value: Any) -> int:
    """The bytes of a value as JSON in UTF-8."""
    text = json.dumps(value, ensure_ascii=False)
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
