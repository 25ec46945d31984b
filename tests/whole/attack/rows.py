"""What a run found: one row for each promise, in the words of the table that is printed."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_SHOWN = 200


@dataclass(frozen=True)
class Plan:
    """How much is tried: `is_quick` is the form for `make check`."""

    is_quick: bool
    seed: int


@dataclass
class Row:
    """One line of the table: what was attacked, what is asked, what was found.

    `misses` says each case that went wrong; the row is well when there is none.
    """

    what: str
    asked: str
    found: str = ""
    misses: list[str] = field(default_factory=list)

    @property
    def is_well(self) -> bool:
        return not self.misses

    def expect(self, condition: object, miss: str) -> None:
        """Note a miss where a condition does not hold."""
        if not condition:
            self.misses.append(miss)


def table(rows: list[Row]) -> str:
    """The rows under each other, and below them what went wrong."""
    cells = [("what", "asked", "found", "ok")]
    cells += [(r.what, r.asked, r.found, "yes" if r.is_well else "NO") for r in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    lines = [
        " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
    lines.insert(1, "-|-".join("-" * width for width in widths))
    for row in (row for row in rows if not row.is_well):
        lines.append(f"\n{row.what}: {len(row.misses)} went wrong")
        lines += [f"  {miss}" for miss in row.misses[:MOST_SHOWN]]
        if len(row.misses) > MOST_SHOWN:
            lines.append(f"  and {len(row.misses) - MOST_SHOWN} more")
    return "\n".join(lines)
