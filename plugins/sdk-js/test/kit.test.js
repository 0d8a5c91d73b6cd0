// Does the kit ask and answer as the contract has it, beyond what the template shows?

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import * as random from "../src/ask/random.js";
import * as records from "../src/ask/records.js";
import * as settingsNow from "../src/ask/settings.js";
import * as store from "../src/ask/store.js";
import * as text from "../src/ask/text.js";
import {
  Day, Decimal, digits, Duration, Instant, languageOf, log, Money, pick, serve, Setting, Settings, Target,
} from "../src/index.js";
import { call, world } from "../src/testing.js";

beforeEach(() => world.clear());

/** A plugin of one method. */
const plugin = (name, work, more = {}) => {
  const Plugin = class {};
  Plugin.prototype[name] = work;
  return serve(Object.assign(Plugin, more));
};
const commit = { point: "after-commit", name: "told", object: "lead", reads: { id: "text" } };

test("a field of an effect has the value that the author gave, of every kind", () => {
  const fields = {
    a: null, b: true, c: 7, d: 2n ** 60n, e: Decimal.of("1.5"), f: Day.of("2026-03-21"), g: new Instant(5n),
    h: Duration.of({ hours: 2 }), i: "متن", j: new Money("2.5", "IRR"), k: Target.made("first"), l: [{ number: "۱" }], m: undefined,
  };
  const served = plugin("afterCommit", (row, effects) => effects.create("key", "lead", fields));
  const [effect] = call(served, commit, [{ id: "lea_1" }]).effects;
  const { m, ...there } = { ...fields, d: Decimal.of(2n ** 60n), k: { made: "first" } };
  assert.deepEqual(effect.fields, there);
  const wrong = plugin("afterCommit", (row, effects) => effects.create("key", "lead", { rate: 0.1 }));
  assert.throws(() => call(wrong, commit, [{}]), /rate: 0.1 is not exact/);
});

test("a message has words or a template, for a party or an address", () => {
  const served = plugin("afterCommit", (row, effects) => {
    effects.send("a", { to: { address: "a@b.example" }, channel: "email", text: "سلام", sendAfter: new Instant(7n) });
    effects.send("b", { to: "con_1", template: "welcome", about: [Target.of(row)], purpose: "service" });
  });
  const [words, template] = call(served, commit, [{}]).effects;
  assert.deepEqual(words.to, { tag: "address", val: { address: "a@b.example", name: "" } });
  assert.deepEqual([words.sendAfter, words.expiresAt, words.purpose], [7, null, null]);
  assert.deepEqual(template.content, { tag: "template", val: { template: "welcome", about: { tag: "id", val: "con_1" } } });
  assert.deepEqual(template.about, [{ tag: "row", val: 0 }]);
  const nobody = plugin("afterCommit", (row, effects) => effects.send("c", { to: { address: "x" }, template: "welcome" }));
  assert.throws(() => call(nobody, commit, [{}]), /name it under speaksOf/);
});

test("records are read by id and page by page, and an error says its kind", () => {
  world.record("account", "acc_1", { name: "پیوند", rank: 3n });
  world.record("account", "acc_2", { name: "آهن" });
  world.finds("account", "", ["acc_1", "acc_2"]);
  const [none, one] = records.get("account", ["acc_9", "acc_1"], ["name", "rank"]);
  assert.deepEqual([none, one.text("name"), one.integer("rank"), one.text("other")], [undefined, "پیوند", 3, undefined]);
  const page = records.query("account", "", ["id", "rank"], { limit: 1 });
  const rest = records.query("account", "", ["id", "rank"], { limit: 1, after: page.next });
  assert.deepEqual([...page, ...rest].map((row) => [row.id, row.integer("rank")]), [["acc_1", 3], ["acc_2", undefined]]);
  assert.deepEqual([rest.next, records.count("account", "")], [undefined, 2]);
  assert.throws(() => records.count("account", "x"), (error) => error instanceof records.ReadError && error.kind === "unknown");
  assert.equal(records.quoted('a"b\\c'), '"a\\"b\\\\c"');
});

test("the store gives texts, JSON and keys in their order", () => {
  for (const [key, value] of [["b/2", '{"a":1}'], ["b/1", "متن"], ["c", ""]]) world.keep(key, value);
  assert.deepEqual([store.text("b/1"), store.json("b/2"), store.get("x")], ["متن", { a: 1 }, undefined]);
  assert.deepEqual(store.scan("b/").map(({ key }) => key), ["b/1", "b/2"]);
  assert.deepEqual(store.scan("b/", { after: "b/1", limit: 1 }).map(({ key }) => key), ["b/2"]);
});

test("texts, days and numbers come from the host", () => {
  assert.deepEqual([text.fold("شركة ۱۲"), text.asciiDigits("۱۲٣")], ["شرکة 12", "123"]);
  assert.deepEqual([text.phone("۰۹۱۲ ۱۲۳ ۴۵۶۷"), text.phone("x")], ["+989121234567", undefined]);
  const newYear = Day.of("2026-03-21");
  assert.deepEqual(text.inCalendar(newYear, "jalali"), { year: 1405, month: 1, day: 1 });
  for (const calendar of ["gregorian", "jalali", "hijri"]) {
    assert.deepEqual(text.dayOf(calendar, text.inCalendar(newYear, calendar)), newYear, calendar);
  }
  assert.equal(text.dayOf("jalali", { year: 1405, month: 13, day: 1 }), undefined);
  assert.deepEqual([random.number() === random.number(), random.below(3) < 3, random.bytes(4).length], [false, true, 4]);
});

test("a wrong setting is named with its remedy", () => {
  const settings = new Settings('{"days": 500, "language": "de", "limit": "12.5", "below": "-1"}');
  const remedy = (work) => { try { work(); } catch (error) { return error instanceof Setting && error.message; } };
  assert.equal(remedy(() => settings.integer("days", 1, 90)), "setting days: set a whole number from 1 to 90");
  assert.equal(remedy(() => settings.oneOf("language", ["en", "fa"])), "setting language: set one of en, fa");
  assert.equal(remedy(() => settings.amount("below")), "setting below: set a number that is not below 0");
  assert.equal(remedy(() => settings.boolean("days")), "setting days: set true or false");
  assert.equal(remedy(() => settings.text("missing")), "setting missing: the manifest does not declare it");
  assert.equal(String(settings.amount("limit")), "12.5");
});

test("what is not declared is told and changes nothing; a setting is asked at any time", () => {
  const served = plugin("compute", (row, patch) => {
    patch.set("note", row.text("stagee") ?? settingsNow.get("word")).clear("old").set("scor", 1);
    log("said");
  });
  const hook = { point: "computed-fields", name: "x", object: "lead", reads: { stage: "text" }, writes: { note: "text", old: "date" } };
  const { rows, log: lines } = call(served, hook, [{}], { word: "سلام" });
  assert.deepEqual(rows, [{ note: "سلام", old: null }]);
  assert.deepEqual(lines, ["said", "hook x reads stagee, which its `reads` lack", "hook x sets scor, which its `writes` lack"]);
});

test("a batch may be computed and scored as a whole", () => {
  const computed = plugin("computeAll", (all, patches) => {
    const ranks = all.column("rank");
    for (const row of all) patches.of(row).set("rank", ranks[row.index] * 2n);
  });
  const hook = { point: "computed-fields", name: "x", reads: { rank: "integer" }, writes: { rank: "integer" } };
  assert.deepEqual(call(computed, hook, [{ rank: 2n }, { rank: 3n }]).rows, [{ rank: 4n }, { rank: 6n }]);
  const scored = plugin("scoreAll", (all, awards) => {
    all.column("rank").forEach((rank, row) => awards.give("high", Number(rank > 2n), row));
    awards.give("low", 1, 0);
  }, { reasons: { y: ["high"] } });
  const game = { point: "gamification", name: "y", reads: { rank: "integer" }, reasons: ["high"] };
  const { awards, log: lines } = call(scored, game, [{ rank: 2n }, { rank: 3n }]);
  assert.deepEqual(awards, [{ row: 1, reason: "high", points: 1 }]);
  assert.deepEqual(lines, ["hook y gives points for low, which its reasons lack"]);
});

test("a hook that the class does not serve is refused when it is bound", () => {
  const served = plugin("compute", () => {}, { serves: (point, name) => name !== "closed" });
  const bind = (point, name) => () => served.binding.bind([{ number: 0, point, name, object: "", reads: [], writes: [] }], "{}");
  assert.throws(bind("before-save", "x"), { tag: "unknown-hook", val: "before-save x" });
  assert.throws(bind("computed-fields", "closed"), { tag: "unknown-hook" });
  assert.doesNotThrow(bind("computed-fields", "open"));
});

test("the three languages are equals", () => {
  assert.deepEqual(["fa-IR", "ar_EG", "de"].map(languageOf), ["fa", "ar", "en"]);
  assert.deepEqual([pick("ar", 1, 2, 3), digits("fa", 12), digits("ar", "a1"), digits("en", 3)], [3, "۱۲", "a١", "3"]);
});

test("a record was changed where its field differs from what it was", () => {
  const hook = { ...commit, reads: { at: "instant", "old.at": "instant" } };
  const served = plugin("afterCommit", (row, effects) => row.changed("at") && effects.delete("x", "lea_1"));
  const rows = [{ at: new Instant(1n), "old.at": new Instant(2n) }, { at: new Instant(1n), "old.at": new Instant(1n) }, {}];
  assert.deepEqual(call(served, hook, rows).effects.map(({ row }) => row), [0]);
});
