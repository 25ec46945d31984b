"""What columns of amounts are by the shape of their numbers, whatever they are called.

Called once per table. The rules, each over the rows of the table; a few rows may be wrong:
1. closing = opening + debit - credit: the left side is the balance. The opening may be missing,
   and each of the three may be one signed column or two, a debit and a credit; three signed
   columns also have to come to nothing, for a debit is its net + the credit too. Balances without
   signs differ by debit - credit or by credit - debit.
2. Two columns next to each other that exclude one another row by row and have equal sums are debit
   and credit.
3. A signed column that comes to nothing is the balance, if there is no other one.
Must never decide between two readings that the numbers allow equally: then there is no shape.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise, permutations

from bellhop.jobtypes.ledger.cells import CENT, ZERO
from bellhop.jobtypes.ledger.model import Meaning

MOST_COLUMNS = 16  # with more, they are periods or entities
ROWS_PER_FAULT = 8  # one row in so many may break a rule
FEWEST_ROWS = 3

PAIR = "no row has both, and their sums are equal"

Part = tuple[int, ...]  # one signed column, or a debit and a credit column; () is nothing
Values = Mapping[int, Sequence[Decimal]]  # the amounts of each column, row by row


@dataclass(frozen=True)
class Shape:
    """A rule that holds: `balance` = `opening` + `movement`; only `balance` is never empty."""

    balance: Part
    opening: Part = ()
    movement: Part = ()

    def meanings(self) -> dict[int, Meaning]:
        """What each column of the rule is."""
        found: dict[int, Meaning] = {}
        stages = {"": self.balance}
        if self.movement:
            stages = {"movement": self.movement, "opening": self.opening, "closing": self.balance}
        for stage, part in stages.items():
            sides = ("balance",) if len(part) == 1 else ("debit", "credit")
            found |= {column: (side, stage, "") for column, side in zip(part, sides, strict=False)}
        return found

    def why(self) -> str:
        if not self.movement:
            return PAIR if len(self.balance) == 2 else "its sum is zero"
        opening = "opening balance + " if self.opening else ""
        movement = "debit - credit" if len(self.movement) == 2 else "movement"
        return f"in each row it is {opening}{movement}"


def find_shape(values: Values, known: Mapping[int, Meaning]) -> Shape | None:
    """The rule that the columns follow; None if there is none or several disagree.

    `known` is what the headers say; a pair must not contradict it.
    """
    if not 1 <= len(values) <= MOST_COLUMNS:
        return None
    pairs = list(pairs_of(values, known))
    singles: list[Part] = [
        (c,) for c in values if known.get(c, ("",))[0] not in ("debit", "credit")
    ]
    nets = {part: net_of(values, part) for part in [*singles, *pairs]}
    nets = {part: net for part, net in nets.items() if sum(map(bool, net)) > 1}
    # A signed column of balances has both signs, or it could not come to nothing.
    below = {part: net for part, net in nets.items() if len(part) == 2 or any(a < 0 for a in net)}
    found = [s for s in equations(values, below) if not may_be_backwards(s, nets, known)]
    shape = only_balance(found, nets)
    shape = shape or only_balance(list(unsigned_equations(nets)), nets) or only_pair(values, pairs)
    return shape or (only_signed(values) if len(values) == 1 else None)


def pairs_of(values: Values, known: Mapping[int, Meaning]) -> Iterator[Part]:
    """Columns next to each other that can be a debit and a credit column, in this order."""
    for first, second in pairwise(values):
        sides = (known.get(first, ("",))[0], known.get(second, ("",))[0])
        stages = {known.get(c, ("", "other"))[1] for c in (first, second)}
        if sides == ("credit", "debit"):
            yield (second, first)
        elif sides == ("debit", "credit") or (
            stages <= {"other", ""}
            and sides[0] != "credit"
            and sides[1] != "debit"
            and all(
                is_mostly(amount >= 0 for amount in values[column]) for column in (first, second)
            )
        ):
            yield (first, second)


def net_of(values: Values, part: Part) -> list[Decimal]:
    if len(part) == 1:
        return list(values[part[0]])
    return [debit - credit for debit, credit in zip(values[part[0]], values[part[1]], strict=True)]


def equations(values: Values, nets: Mapping[Part, list[Decimal]]) -> Iterator[Shape]:
    """Each way in which one part is the sum of two others, or the net of a pair."""
    for movement in nets:
        pair = len(movement) == 2
        for balance in nets:
            if set(balance) & set(movement):
                continue
            rest = [a - b for a, b in zip(nets[balance], nets[movement], strict=True)]
            if is_equal(nets[balance], nets[movement]):
                if pair and not (len(balance) == 2 and is_exclusive(values, movement)):
                    yield Shape(balance, (), movement)
                continue
            for opening in nets:
                if set(opening) & {*movement, *balance} or not is_equal(rest, nets[opening]):
                    continue
                if pair or all(comes_to_nothing(nets[p]) for p in (opening, movement, balance)):
                    yield Shape(balance, opening, movement)


def may_be_backwards(
    shape: Shape, nets: Mapping[Part, list[Decimal]], known: Mapping[int, Meaning]
) -> bool:
    """Whether the columns may stand in the opposite order, the closing balance first and credit
    before debit: no word tells, and fewer accounts have a balance at the end than at the start."""
    columns = {*shape.opening, *shape.movement, *shape.balance}
    told = any(known.get(column, ("", "other"))[1] != "other" for column in columns)
    if told or not shape.opening:
        return False
    return sum(map(bool, nets[shape.opening])) > sum(map(bool, nets[shape.balance]))


def unsigned_equations(nets: Mapping[Part, list[Decimal]]) -> Iterator[Shape]:
    """The same for two columns of balances that are positive on the usual side of each account:
    they differ by the net of a pair, up or down."""
    singles = [part for part, net in nets.items() if len(part) == 1 and not any(a < 0 for a in net)]
    for movement in (part for part in nets if len(part) == 2):
        for opening, balance in permutations(singles, 2):
            change = [abs(a - b) for a, b in zip(nets[balance], nets[opening], strict=True)]
            in_order = opening[0] < balance[0] and not {*movement} & {*opening, *balance}
            if in_order and is_equal(change, [abs(net) for net in nets[movement]]):
                yield Shape(balance, opening, movement)


def only_balance(found: list[Shape], nets: Mapping[Part, list[Decimal]]) -> Shape | None:
    """The rule whose balance goes into no other one; of a signed column and a pair that say the
    same, the pair."""
    inputs = {part for shape in found for part in (shape.opening, shape.movement)}
    last = [shape for shape in found if shape.balance not in inputs]
    last.sort(key=lambda shape: (len(shape.balance), bool(shape.opening)), reverse=True)
    if any(not is_equal(nets[shape.balance], nets[last[0].balance]) for shape in last):
        return None
    return last[0] if last else None


def only_pair(values: Values, pairs: list[Part]) -> Shape | None:
    """The one pair of columns that exclude each other and have equal sums."""
    found = [pair for pair in pairs if is_exclusive(values, pair) and is_even(values, pair)]
    return Shape(found[0]) if len(found) == 1 else None


def only_signed(values: Values) -> Shape | None:
    """The one column, if it has both signs and comes to nothing."""
    ((column, amounts),) = values.items()
    return Shape((column,)) if comes_to_nothing(amounts) else None


def comes_to_nothing(amounts: Sequence[Decimal]) -> bool:
    """Whether amounts of both signs have the sum zero."""
    below, above = sum(a < 0 for a in amounts), sum(a > 0 for a in amounts)
    signed = below and above and below + above >= FEWEST_ROWS
    return bool(signed) and abs(sum(amounts, ZERO)) <= CENT


def overlaps(values: Values, pair: Sequence[int]) -> bool:
    """Whether many rows have amounts in both columns of a pair: they are movements."""
    rows = [row for row in zip(values[pair[0]], values[pair[1]], strict=True) if any(row)]
    return len(rows) >= FEWEST_ROWS and not is_mostly(not (a and b) for a, b in rows)


def is_exclusive(values: Values, pair: Part) -> bool:
    """Whether hardly a row has amounts in both columns, and each column has some."""
    rows = [row for row in zip(values[pair[0]], values[pair[1]], strict=True) if any(row)]
    enough = len(rows) >= FEWEST_ROWS and all(any(values[column]) for column in pair)
    return enough and is_mostly(not (a and b) for a, b in rows)


def is_even(values: Values, pair: Part) -> bool:
    return abs(sum(values[pair[0]], ZERO) - sum(values[pair[1]], ZERO)) <= CENT


def is_equal(some: Sequence[Decimal], others: Sequence[Decimal]) -> bool:
    """Whether two columns agree in nearly each row, and in two that are not zero."""
    allowed, same = len(some) // ROWS_PER_FAULT, 0
    for a, b in zip(some, others, strict=True):
        if abs(a - b) > CENT:
            allowed -= 1
            if allowed < 0:
                return False
        elif a:
            same += 1
    return same > 1 or not any(others)


def is_mostly(tests: Iterator[bool]) -> bool:
    found = list(tests)
    return (len(found) - sum(found)) * ROWS_PER_FAULT <= len(found)
