"""The result of a large file, as large as Bellhop takes a result: its longest lists are cut.

Called last, when the exports have been written: they have all rows. Must never cut a total, and
never a list without a warning.
"""

import json
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from bellhop import Context

MOST_BYTES = 4_500_000  # of a result as JSON, which may have 5 MiB
LONG_BYTES = 100_000  # shorter lists are kept whole
BETWEEN = 2  # bytes between two entries of a list


def fit(result: dict[str, Any], context: Context) -> None:
    """Cut the long lists, all by the same part, until the result fits."""
    missing = size_of(result) - MOST_BYTES
    if missing <= 0:
        return
    sizes = [(holder, name, [size_of(e) + BETWEEN for e in holder[name]])
             for holder, name in lists_of(result)]  # fmt: skip
    long = [entry for entry in sizes if sum(entry[2]) > LONG_BYTES]
    kept = max(0.0, 1 - missing / max(1, sum(sum(own) for _, _, own in long)))
    for holder, name, own in long:
        count = bisect_right(list(accumulate(own)), kept * sum(own))
        text = f"Only {count:,} of {len(own):,} {name} are listed; the files have all rows."
        holder[name] = holder[name][:count]
        context.warn("list_shortened", text)


def lists_of(result: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Each list that grows with the file, as its holder and its name."""
    reports = result["reports"]
    yield result["extracted_data"], "accounts"
    yield reports, "anomalies"
    for holder in (reports["income_statement"], reports["balance_sheet"]):
        yield from ((holder, name) for name, value in holder.items() if isinstance(value, list))


def size_of(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
