"""How do values become the columns of the contract, and columns values?

The layout is described in wit/v0.1; its golden vectors are in tests/fixtures/columns/golden.json. Values are Python's
own: bool, int, Decimal, date, datetime in UTC, timedelta for durations, str, and Money.
"""

import decimal
import json
import re
from collections import namedtuple
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

# A decimal number of a record has up to thirty digits before the point and nine after it, and its sums are exact.
decimal.getcontext().prec = 60

EPOCH_DAY = date(1970, 1, 1).toordinal()
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICROSECOND = timedelta(microseconds=1)
CELLS = {"decimal": 2, "money": 3}


class Money(namedtuple("Money", "amount currency")):
    """An amount (a Decimal) in a currency (three capital letters)."""

    __slots__ = ()

    def __new__(cls, amount, currency):
        if not re.fullmatch("[A-Z]{3}", currency):
            raise ValueError(f"{currency} is no currency: give three capital letters")
        return super().__new__(cls, Decimal(amount), currency)

    def __str__(self):
        return f"{self.amount} {self.currency}"


class Layout:
    """The columns of a hook, pairs of name and kind, and where each begins."""

    def __init__(self, columns):
        self.columns = list(columns)
        self.places = {name: place for place, (name, _) in enumerate(self.columns)}
        self.before, cells = [], 0
        for _, kind in self.columns:
            self.before.append(cells)
            cells += CELLS.get(kind, 1)


class Batch:
    """A batch as it came, with its cells as 64-bit numbers."""

    def __init__(self, layout, rows, cells, present, text):
        self.layout, self.rows, self.present, self.text = layout, rows, present, text
        self.cells = memoryview(bytes(cells)).cast("q")

    def value(self, place, row):
        """The value of a row in a column; None where it is absent."""
        bit = place * self.rows + row
        if not self.present[bit >> 3] >> (bit & 7) & 1:
            return None
        kind = self.layout.columns[place][1]
        at = self.layout.before[place] * self.rows + row * CELLS.get(kind, 1)
        cell = self.cells[at]
        if kind in ("text", "structured"):
            start = cell & 0xFFFF_FFFF
            return self.text[start : start + (cell >> 32 & 0xFFFF_FFFF)].decode()
        if kind == "integer":
            return cell
        if kind == "decimal":
            return self._decimal(at)
        if kind == "boolean":
            return cell == 1
        if kind == "date":
            return day(cell)
        if kind == "instant":
            return moment(cell)
        if kind == "duration":
            return timedelta(microseconds=cell)
        letters = (self.cells[at + 2] & 0xFF_FFFF).to_bytes(3, "little").decode()
        return Money(self._decimal(at), letters)

    def _decimal(self, at):
        return from_billionths(self.cells[at + 1] << 64 | self.cells[at] & 0xFFFF_FFFF_FFFF_FFFF)


def kind_of(value):
    """How a value would be laid out."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, datetime):
        return "instant"
    for kind, of in (("integer", int), ("decimal", Decimal), ("date", date), ("duration", timedelta), ("money", Money), ("text", str)):
        if isinstance(value, of):
            return kind
    return "structured"


def day(days):
    """The day of a count since 1970-01-01."""
    return date.fromordinal(EPOCH_DAY + days)


def moment(micros):
    """The moment of microseconds since 1970-01-01T00:00:00Z."""
    return EPOCH + timedelta(microseconds=micros)


def from_billionths(billionths):
    """The number of so many billionths, without zeroes at its end."""
    number = Decimal(billionths).scaleb(-9).normalize()
    return number.quantize(1) if number == number.to_integral_value() else number


def billionths(value, name):
    """A number as billionths; one with more places is refused."""
    if isinstance(value, float):
        raise TypeError(f"{name} is a decimal number; a float is not exact, give a Decimal or an int")
    scaled = Decimal(value).scaleb(9)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{name} has more than nine places: {value}")
    return int(scaled)


class Writer:
    """Lays values out one after the other: a batch column by column, patches as they come."""

    def __init__(self):
        self.cells, self.present, self.text, self.values = bytearray(), bytearray(), bytearray(), 0

    def push(self, kind, value, name="this"):
        """Adds a value; None is its absence. A value of another kind is a TypeError."""
        cells = bytes(8 * CELLS.get(kind, 1)) if value is None else self._laid(kind, value, name)
        if self.values % 8 == 0:
            self.present.append(0)
        if value is not None:
            self.present[-1] |= 1 << self.values % 8
        self.cells += cells
        self.values += 1

    def _laid(self, kind, value, name):
        # A bool is an int in Python, and a datetime is a date; a field is not.
        is_number = isinstance(value, (int, Decimal)) and not isinstance(value, bool)
        if kind == "text" and isinstance(value, str):
            return self._pointer(value)
        if kind == "structured":
            return self._pointer(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        if kind == "integer" and is_number and value == int(value):
            return cell(int(value), name)
        if kind == "decimal" and (is_number or isinstance(value, float)):
            return billionths(value, name).to_bytes(16, "little", signed=True)
        if kind == "boolean" and isinstance(value, bool):
            return cell(value, name)
        if kind == "date" and isinstance(value, date) and not isinstance(value, datetime):
            return cell(value.toordinal() - EPOCH_DAY, name)
        if kind == "instant" and isinstance(value, datetime) and value.tzinfo is not None:
            return cell((value - EPOCH) // MICROSECOND, name)
        if kind == "duration" and isinstance(value, timedelta):
            return cell(value // MICROSECOND, name)
        if kind == "money" and isinstance(value, Money):
            amount = billionths(value.amount, name).to_bytes(16, "little", signed=True)
            return amount + value.currency.encode() + bytes(5)
        raise TypeError(f"{name} is a field of kind {kind}; {type(value).__name__} {str(value)[:40]} is none")

    def _pointer(self, text):
        encoded = text.encode()
        offset = len(self.text)
        self.text += encoded
        return (len(encoded) << 32 | offset).to_bytes(8, "little")


def cell(number, name):
    """A number of 64 bits."""
    if not -(2**63) <= number < 2**63:
        raise OverflowError(f"{name} is {number}: a field has 64 bits")
    return number.to_bytes(8, "little", signed=True)
