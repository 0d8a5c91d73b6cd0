"""Does the kit lay out columns as the contract says? Tested against the same golden vectors as the host."""

import json
import sys
import unittest
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))

from peyvand_plugin.columns import Batch, Layout, Money, Writer, day, from_billionths, moment  # noqa: E402

GOLDEN = json.loads((HERE / "../../../tests/fixtures/columns/golden.json").read_text(encoding="utf-8"))


def fits(kind, number):
    """Whether Python's own type has room: its years end at 9999."""
    try:
        return value(kind, number) is not None
    except OverflowError:
        return False
    except ValueError:
        return False


def value(kind, written):
    if written is None:
        return None
    match kind:
        case "decimal":
            return from_billionths(int(written))
        case "date":
            return day(written)
        case "instant":
            return moment(written)
        case "duration":
            return timedelta(microseconds=written)
        case "money":
            return Money(from_billionths(int(written["billionths"])), written["currency"])
        case _:
            return written


def columns(vector, key):
    return [(column["name"], column["kind"]) for column in vector[key]]


class Columns(unittest.TestCase):
    def test_batches_are_read_as_the_contract_says(self):
        read = 0
        for vector in GOLDEN["batches"] + GOLDEN["readable"]:
            parts = [bytes.fromhex(vector[part]) for part in ("cells", "present", "text")]
            kinds = columns(vector, "columns")
            batch = Batch(Layout(kinds), vector["rows"], *parts)
            for place, (_, kind) in enumerate(kinds):
                for row in range(vector["rows"]):
                    written = vector["values"][row][place]
                    if written is None or fits(kind, written):
                        self.assertEqual(batch.value(place, row), value(kind, written), vector["name"])
                        read += 1
        self.assertGreater(read, 40)

    def test_batches_and_patches_are_written_byte_for_byte(self):
        for vector in GOLDEN["batches"]:
            kinds = columns(vector, "columns")
            values = [(kind, row[place]) for place, (_, kind) in enumerate(kinds) for row in vector["values"]]
            self.written(vector, values)
        for vector in GOLDEN["patches"]:
            kinds = columns(vector, "writes")
            self.written(vector, [(kinds[place][1], v) for place, v in zip(vector["column"], vector["values"])])

    def written(self, vector, values):
        if not all(written is None or fits(kind, written) for kind, written in values):
            return
        writer = Writer()
        for kind, written in values:
            writer.push(kind, value(kind, written))
        parts = [bytes.fromhex(vector[part]) for part in ("cells", "present", "text")]
        self.assertEqual([bytes(writer.cells), bytes(writer.present), bytes(writer.text)], parts, vector["name"])

    def test_a_value_of_another_kind_is_told_with_its_field(self):
        for kind, wrong in [("integer", 1.5), ("decimal", 0.1), ("integer", True), ("integer", 2**63), ("text", 7)]:
            with self.assertRaisesRegex((TypeError, OverflowError), "amount"):
                Writer().push(kind, wrong, "amount")

    def test_decimals_are_exact(self):
        self.assertEqual(Decimal("0.1") + Decimal("0.2"), Decimal("0.3"))
        self.assertEqual(str(from_billionths(12_500_000_000)), "12.5")
        self.assertEqual(str(from_billionths(1_000_000_000_000)), "1000")


if __name__ == "__main__":
    unittest.main()
