"""Does the plugin do its work? Called natively, without WebAssembly."""

import sys
import unittest
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent
KIT = next(kit for kit in (HERE.parent / "kit", HERE / "../../../sdk-python") if kit.is_dir())
sys.path[:0] = [str(KIT / "src"), str(HERE.parent / "src")]

from peyvand_plugin import Money, Target  # noqa: E402
from peyvand_plugin.testing import Manifest, call, world  # noqa: E402
from plugin import Plugin  # noqa: E402

MANIFEST = Manifest(
    HERE.parent / "plugin.toml", company="text", email="text", budget="money", name="structured", employees="integer",
    phone="structured", status="text",
)
SETTINGS = MANIFEST.settings(large_from="1000", send_welcome=True, register_key="key", asks_a_day=1)
DAY = date(2026, 3, 21)


class Welcome(unittest.TestCase):
    def setUp(self):
        world.clear()

    def called(self, point, name, *rows, **more):
        """Calls, and sees to it that nothing was asked for that the hook does not declare."""
        outcome = call(Plugin, MANIFEST, point, name, rows, settings=SETTINGS, **more)
        self.assertEqual([line for line in outcome.log if line.startswith("hook ")], [])
        return outcome

    def test_a_company_gets_one_spelling_and_the_lead_a_day(self):
        outcome = self.called("before-save", "lead", {"company": "شركة  ملي"})
        self.assertEqual(outcome.rows, [{"company": "شرکة ملی", "answer_by": date(2026, 3, 23)}])

    def test_a_lead_has_the_company_of_the_contact_who_writes(self):
        world.record("contact", "con_1", account="acc_1")
        world.record("account", "acc_1", name="فولاد مباركه")
        world.finds("contact", 'email[eq]:"sara@example.ir"', "con_1")
        world.finds("contact", 'email[eq]:"\\"x\\"@example.ir"')
        outcome = self.called("before-save", "lead", {"email": "sara@example.ir"}, {"email": '"x"@example.ir'})
        self.assertEqual([row.get("company") for row in outcome.rows], ["فولاد مبارکه", None])

    def test_a_large_budget_without_a_company_is_refused_its_field_named(self):
        budget = Money(1000, "IRR")
        outcome = self.called("before-save", "lead", {"budget": budget}, {"budget": budget, "company": "پیوند"})
        self.assertEqual(outcome.refusals, [(0, 1, "company-missing", "برای بودجهٔ ۱۰۰۰ نام شرکت لازم است")])

    def test_an_urgent_lead_brings_a_task_in_the_same_commit(self):
        rows = {"verb": "create", "is_urgent": True}, {"verb": "update", "is_urgent": True}
        outcome = self.called("before-save", "lead", *rows)
        [(row, object, fields)] = outcome.children
        self.assertEqual((row, object, fields["about"], fields["due_on"]), (0, "activity", Target("row", 0), DAY))
        self.assertEqual(outcome.kept, [(0, "last urgent", b"2026-03-21")])

    def test_a_lead_is_welcomed_by_name(self):
        sara = {"name": '{"given":"سارا","family":"کاظمی"}', "budget": Money(10, "IRR"), "employees": 4}
        first, second = self.called("computed-fields", "welcome", sara, {}).rows
        self.assertEqual(first["welcome"], "سارا کاظمی گرامی، خوش آمدید")
        self.assertEqual(first["budget_per_employee"], Decimal("2.5"))
        self.assertIsNone(second["welcome"])

    def test_the_register_is_asked_for_a_new_company_as_often_as_a_day_allows(self):
        row = {
            "id": "lea_1", "verb": "update", "company": "پیوند", "old.company": "آهن", "phone": '{"raw":"۰۲۱ ۸۸۰۰ ۱۲۳۴"}'
        }
        (_, _, verb, name, value), (*_, request) = self.called("after-commit", "told", row).effects
        self.assertEqual((verb, name, value), ("store", "asked 2026-03-21 lea_1", "پیوند".encode()))
        self.assertEqual((request.method, request.reply_to, request.context), ("post", "registered", "پیوند"))
        self.assertEqual(request.json, {"company": "پیوند", "phone": "+982188001234"})
        self.assertEqual(self.called("after-commit", "told", row | {"old.company": "پیوند"}).effects, [])

        world.keep(name, "")
        outcome = self.called("after-commit", "told", row)
        self.assertEqual((outcome.effects, len(outcome.log)), ([], 1))

    def test_a_new_lead_with_an_address_is_written_to(self):
        row = {"id": "lea_1", "verb": "create", "email": "sara@example.ir", "welcome": "سلام"}
        [(_, _, verb, message)] = self.called("after-commit", "told", row).effects
        self.assertEqual((verb, message.to, message.channel), ("send", Target("row", 0), "email"))
        self.assertEqual((message.subject, message.text), ("خوش آمدید", "سلام"))

    def test_a_lead_that_came_to_nothing_loses_its_tasks(self):
        world.record("activity", "act_1")
        world.finds("activity", "and(about[eq]:lea_1,status[eq]:planned,kind[eq]:task)", "act_1")
        row = {"id": "lea_1", "verb": "update", "status": "unqualified", "old.status": "new"}
        drop, forget = self.called("after-commit", "told", row).effects
        self.assertEqual((drop[2:], forget[4]), (("delete", Target.id("act_1")), None))

    def test_an_answer_becomes_a_number_and_a_failure_a_task(self):
        asked = {"key": "ask", "about": "lea_1", "context": "پیوند"}
        rows = asked | {"body": {"number": 7}}, asked | {"status": 503}, asked | {"failed": "no"}
        (*_, fields), *tasks = self.called("on-reply", "registered", *rows).effects
        self.assertEqual(fields, {"register_number": "7", "registered_on": DAY})
        self.assertEqual([task[0] for task in tasks], [1, 1, 2, 2])
        self.assertEqual((tasks[0][4]["about"], tasks[1][3]), (Target("row", 1), Target.made("again ask")))
        self.assertEqual([task[4]["description"] for task in tasks[1::2]], ["پیوند: 503", "no"])

    def test_a_lead_that_waits_is_called_about_once(self):
        world.record("activity", "act_1")
        world.finds("activity", "and(about[eq]:lea_1,status[eq]:planned)")
        world.finds("activity", "and(about[eq]:lea_2,status[eq]:planned)", "act_1")
        rows = {"id": "lea_1", "welcome": "سلام"}, {"id": "lea_2"}
        [(_, _, _, _, made)] = self.called("workflow-action", "remind", *rows, parameters={"kind": "visit"}).effects
        self.assertEqual((made["kind"], made["due_on"]), ("visit", DAY + timedelta(days=2)))

    def test_points_are_given_for_their_reasons(self):
        full = {"company": "پیوند", "email": "a@b.example", "phone": '{"raw":"1"}', "budget": Money(1000, "IRR")}
        outcome = self.called("gamification", "full-lead", full, full | {"company": " "})
        self.assertEqual(outcome.awards, [(0, 5, "complete"), (0, 10, "large"), (1, 10, "large")])

    def test_a_postal_code_has_ten_digits_whatever_script_they_are_in(self):
        of = ("field-type", "iran-code")
        self.assertEqual(self.called(*of, {"value": "۱۲۳۴۵-۶۷۸۹۰"}).rows, [{"value": "1234567890"}])
        [refusal] = self.called(*of, {"value": "12"}, function="validate").refusals
        self.assertEqual(refusal[2], "ten-digits")
        shown = self.called(*of, {"value": "1234567890"}, function="format", locale="ar").texts
        self.assertEqual(shown, ["١٢٣٤٥-٦٧٨٩٠"])


if __name__ == "__main__":
    unittest.main()
