"""Does the plugin do its work? Called natively, without WebAssembly."""

import json
import sys
import unittest
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent
KIT = next(kit for kit in (HERE.parent / "kit", HERE / "../../../sdk-python") if kit.is_dir())
sys.path[:0] = [str(KIT / "src"), str(HERE.parent / "src")]

from peyvand_plugin import Money  # noqa: E402
from peyvand_plugin.testing import call  # noqa: E402
from plugin import Plugin  # noqa: E402

SETTINGS = json.dumps({"large-from": "1000", "days-to-answer": 2})


def saved(*rows):
    reads = {"company": "text", "budget": "money", "answer_by": "date"}
    return call(Plugin, "before-save", reads, {"company": "text", "answer_by": "date"}, rows, SETTINGS)


class Welcome(unittest.TestCase):
    def test_a_company_gets_one_spelling_and_the_lead_a_day(self):
        [row], _, log = saved({"company": "شركة  ملي"})
        self.assertEqual((row["company"], str(row["answer_by"]), log), ("شرکة ملی", "2026-03-23", []))

    def test_a_large_budget_without_a_company_is_refused_its_field_named(self):
        budget = Money(1000, "IRR")
        _, refusals, _ = saved({"budget": budget}, {"budget": budget, "company": "پیوند"})
        self.assertEqual(refusals, [(0, 0, "company-missing", "برای بودجهٔ ۱۰۰۰ نام شرکت لازم است")])

    def test_a_lead_is_welcomed_by_name(self):
        reads = {"name": "structured", "budget": "money", "employees": "integer"}
        writes = {"welcome": "text", "budget_per_employee": "decimal"}
        sara = {"name": '{"given":"سارا","family":"کاظمی"}', "budget": Money(10, "IRR"), "employees": 4}
        [first, second], _, _ = call(Plugin, "computed-fields", reads, writes, [sara, {}], SETTINGS)
        self.assertEqual(first, {"welcome": "سارا کاظمی گرامی، خوش آمدید", "budget_per_employee": Decimal("2.5")})
        self.assertIsNone(second["welcome"])


if __name__ == "__main__":
    unittest.main()
