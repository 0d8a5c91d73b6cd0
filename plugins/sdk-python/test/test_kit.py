"""Does the kit ask and answer as the contract has it, beyond what the template shows?"""

import sys
import tempfile
import unittest
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "src"), str(HERE.parent)]

import build  # noqa: E402
from peyvand_plugin import (  # noqa: E402
    Message, Money, Request, Setting, Settings, Target, digits, language_of, log, pick, random, records, settings, store, text,
)
from peyvand_plugin.serve import Hook, Served, UnknownHook  # noqa: E402
from peyvand_plugin.testing import Manifest, call, world  # noqa: E402

TOML = """
[settings.word]
type = "text"
default = "سلام"
[[field]]
object = "lead"
name = "note"
type = "text"
[[field]]
object = "lead"
name = "rank"
type = "integer"
[[hook]]
point = "computed-fields"
name = "x"
object = "lead"
reads = ["rank", "old.rank"]
writes = ["note", "rank"]
[[hook]]
point = "after-commit"
name = "told"
object = "lead"
reads = ["rank", "old.rank"]
[[hook]]
point = "gamification"
name = "y"
object = "lead"
reads = ["rank"]
[[hook.reason]]
name = "high"
"""


def plugin(method, work, **more):
    """A plugin of one method."""
    made = {"__init__": lambda self, settings: None, method: lambda self, *given: work(*given)}
    return type("Plugin", (), made | more)


class Kit(unittest.TestCase):
    def setUp(self):
        world.clear()
        with tempfile.NamedTemporaryFile("w", suffix=".toml", encoding="utf-8") as file:
            file.write(TOML)
            file.flush()
            self.manifest = Manifest(file.name)

    def effects(self, work, *rows):
        return call(plugin("after_commit", work), self.manifest, "after-commit", "told", rows or ({},)).effects

    def test_a_message_to_an_address_with_a_template_names_its_record(self):
        with self.assertRaisesRegex(TypeError, "speaks_of"):
            Message(("a@b.example", ""), template="welcome")
        at = datetime(2026, 3, 21, tzinfo=timezone.utc)
        [effect] = self.effects(lambda row, effects: effects.send("k", Message("con_1", template="welcome", send_after=at)))
        self.assertEqual((effect[:3], effect[3].is_address), ((0, "k", "send"), False))

    def test_a_requests_json_is_sent_with_its_header(self):
        request = Request("https://a.example", "post", {"x": "y"}, json={"نام": 1})
        self.assertEqual(request.headers, {"content-type": "application/json", "x": "y"})
        self.assertEqual(request.body, '{"نام": 1}'.encode())

    def test_effects_know_their_row_and_name_records_that_are_not_there_yet(self):
        def work(row, effects):
            effects.create("a", "activity", {"kind": "task"}, about=Target.of(row))
            effects.update("b", Target.made("a"), subject="متن")
            effects.keep("c", "name", "متن")

        made, changed, kept = self.effects(work, {}, {})[3:]
        self.assertEqual(made, (1, "a", "create", "activity", {"kind": "task", "about": Target("row", 1)}))
        self.assertEqual(changed[3], Target("made", "a"))
        self.assertEqual(kept[3:], ("name", "متن".encode()))

    def test_records_are_read_by_id_and_page_by_page_and_an_error_says_its_kind(self):
        world.record("account", "acc_1", name="پیوند", rank=3)
        world.record("account", "acc_2", name="آهن")
        world.finds("account", "", "acc_1", "acc_2")
        none, one = records.get("account", ["acc_9", "acc_1"], ["name", "rank"])
        self.assertEqual((none, one["name"], one["rank"], one["other"]), (None, "پیوند", 3, None))
        page = records.query("account", fields=["id", "rank"], limit=1)
        rest = records.query("account", fields=["id", "rank"], limit=1, after=page.next)
        self.assertEqual([(row.id, row["rank"]) for row in page + rest], [("acc_1", 3), ("acc_2", None)])
        self.assertEqual((rest.next, records.count("account")), (None, 2))
        with self.assertRaises(records.ReadError) as told:
            records.count("account", "x")
        self.assertEqual(told.exception.kind, "unknown")
        self.assertEqual(records.quoted('a"b\\c'), '"a\\"b\\\\c"')

    def test_the_store_gives_texts_json_and_keys_in_their_order(self):
        for key, value in (("b/2", '{"a":1}'), ("b/1", "متن"), ("c", "")):
            world.keep(key, value)
        self.assertEqual((store.text("b/1"), store.json("b/2"), store.get("x")), ("متن", {"a": 1}, None))
        self.assertEqual([key for key, _ in store.scan("b/")], ["b/1", "b/2"])
        self.assertEqual([key for key, _ in store.scan("b/", after="b/1", limit=1)], ["b/2"])

    def test_texts_days_and_numbers_come_from_the_host(self):
        self.assertEqual((text.fold("شركة ۱۲"), text.ascii_digits("۱۲٣")), ("شرکة 12", "123"))
        self.assertEqual((text.phone("۰۹۱۲ ۱۲۳ ۴۵۶۷"), text.phone("x")), ("+989121234567", None))
        self.assertEqual(text.in_calendar(date(2026, 3, 21), "gregorian"), (2026, 3, 21))
        self.assertEqual(text.day_of("gregorian", 2026, 3, 21), date(2026, 3, 21))
        self.assertIsNone(text.day_of("gregorian", 2026, 2, 30))
        self.assertNotEqual(random.number(), random.number())
        self.assertEqual((random.below(3) < 3, len(random.draw(4))), (True, 4))

    def test_a_wrong_setting_is_named_with_its_remedy(self):
        given = Settings('{"days": 500, "language": "de", "limit": "12.5", "below": "-1"}')
        for ask, remedy in (
            (lambda: given.integer("days", 1, 90), "setting days: set a whole number from 1 to 90"),
            (lambda: given.one_of("language", "en", "fa"), "setting language: set one of en, fa"),
            (lambda: given.amount("below"), "setting below: set a number that is not below 0"),
            (lambda: given.decimal("language"), "setting language: set a decimal number"),
            (lambda: given.boolean("days"), "setting days: set true or false"),
            (lambda: given.text("missing"), "setting missing: the manifest does not declare it"),
        ):
            with self.assertRaises(Setting) as told:
                ask()
            self.assertEqual(str(told.exception), remedy)
        self.assertEqual(given.amount("limit"), Decimal("12.5"))

    def test_what_is_not_declared_is_told_and_changes_nothing_and_a_setting_is_asked_at_any_time(self):
        def compute(row, patch):
            patch["note"] = row["stagee"] or settings.get("word")
            patch["scor"] = 1
            del patch["rank"]
            log("said")

        outcome = call(plugin("compute", compute), self.manifest, "computed-fields", "x", [{}])
        self.assertEqual(outcome.rows, [{"note": "سلام", "rank": None}])
        faults = ["hook x reads stagee, which its `reads` lack", "hook x sets scor, which its `writes` lack"]
        self.assertEqual(outcome.log, ["said", *faults])

    def test_a_batch_may_be_computed_and_scored_as_a_whole(self):
        def compute(all, patches):
            for row, rank in zip(all, all.column("rank")):
                patches.of(row)["rank"] = rank * 2

        outcome = call(plugin("compute_all", compute), self.manifest, "computed-fields", "x", [{"rank": 2}, {"rank": 3}])
        self.assertEqual(outcome.rows, [{"rank": 4}, {"rank": 6}])

        def score(all, awards):
            for row, rank in enumerate(all.column("rank")):
                awards.give("high", int(rank > 2), row)
            awards.give("low", 1)

        scored = plugin("score_all", score, reasons={"y": ["high"]})
        outcome = call(scored, self.manifest, "gamification", "y", [{"rank": 2}, {"rank": 3}])
        self.assertEqual(outcome.awards, [(1, 1, "high")])
        self.assertEqual(outcome.log, ["hook y gives points for low, which its reasons lack"])

    def test_a_hook_that_the_class_does_not_serve_is_refused_when_it_is_bound(self):
        served = plugin("compute", lambda: None, serves=staticmethod(lambda point, name: name != "closed"))
        for point, name in (("before-save", "x"), ("computed-fields", "closed")):
            with self.assertRaisesRegex(UnknownHook, f"{point} {name}"):
                Served(served).bind([Hook(0, point, name, "", [], [])], "{}")
        Served(served).bind([Hook(0, "computed-fields", "open", "", [], [])], "{}")

    def test_the_three_languages_are_equals(self):
        self.assertEqual([language_of(locale) for locale in ("fa-IR", "ar_EG", "de")], ["fa", "ar", "en"])
        self.assertEqual((pick("ar", 1, 2, 3), digits("fa", 12), digits("ar", "a1"), digits("en", 3)), (3, "۱۲", "a١", "3"))

    def test_a_record_was_changed_where_its_field_differs_from_what_it_was(self):
        def work(row, effects):
            if row.changed("rank"):
                effects.delete("x", "lea_1")

        changed = self.effects(work, {"rank": 1, "old.rank": 2}, {"rank": 1, "old.rank": 1}, {})
        self.assertEqual([effect[0] for effect in changed], [0])

    def test_a_component_imports_what_its_sources_ask_and_no_more(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "src").mkdir()
            (folder / "src" / "plugin.py").write_text("from peyvand_plugin import Money, store\nimport peyvand_plugin.text\n")
            (folder / "plugin.toml").write_text('id = "data-alone"\n')
            self.assertEqual(build.asked(folder), ["store", "text"])
            exports = [line for line in build.world(folder).splitlines() if "export" in line]
            self.assertEqual(exports, ["    export peyvand:plugin/binding@0.1.0;"])

    def test_values_of_every_kind_can_be_laid_down(self):
        money, length = Money(Decimal("2.5"), "IRR"), timedelta(hours=2)
        moment = datetime(2026, 3, 21, 12, tzinfo=timezone.utc)
        laid = {"a": True, "b": 7, "c": Decimal("1.5"), "d": date(2026, 3, 21), "e": moment, "f": length, "g": money, "h": "متن"}
        world.record("lead", "lea_1", **laid)
        [row] = records.get("lead", ["lea_1"], list(laid))
        self.assertEqual({name: row[name] for name in laid}, laid)
        self.assertEqual(row.kind("e"), "instant")


if __name__ == "__main__":
    unittest.main()
