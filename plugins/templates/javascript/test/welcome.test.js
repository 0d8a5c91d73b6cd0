// Does the plugin do its work? Called in Node, without WebAssembly.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Day, Decimal, Money } from "peyvand-plugin";
import { call, world } from "peyvand-plugin/testing";
import * as plugin from "../src/plugin.js";

const settings = {
  "large-from": "1000", "days-to-answer": 2, language: "fa", "send-welcome": true, "register-key": "key", "asks-a-day": 1,
};
const beforeSave = {
  point: "before-save", name: "lead", object: "lead",
  reads: { verb: "text", company: "text", email: "text", budget: "money", answer_by: "date", is_urgent: "boolean" },
  writes: { company: "text", answer_by: "date" },
};
const computed = {
  point: "computed-fields", name: "welcome", object: "lead",
  reads: { name: "structured", budget: "money", employees: "integer", answer_by: "date" },
  writes: { welcome: "text", budget_per_employee: "decimal", answer_by_jalali: "text" },
};
const told = {
  point: "after-commit", name: "told", object: "lead",
  reads: {
    id: "text", verb: "text", company: "text", "old.company": "text", phone: "structured", email: "text", welcome: "text",
    status: "text", "old.status": "text",
  },
};
const day = Day.of("2026-03-21");

beforeEach(() => world.clear());

/** Calls, and sees to it that nothing was asked for that the hook does not declare. */
function called(hook, rows, more) {
  const outcome = call(plugin, hook, rows, settings, more);
  assert.deepEqual(outcome.log.filter((line) => line.startsWith("hook ")), []);
  return outcome;
}

test("a company gets one spelling and the lead a day", () => {
  const { rows } = called(beforeSave, [{ company: "شركة  ملي" }]);
  assert.deepEqual(rows, [{ company: "شرکة ملی", answer_by: Day.of("2026-03-23") }]);
});

test("a lead has the company of the contact who writes", () => {
  world.record("contact", "con_1", { account: "acc_1" });
  world.record("account", "acc_1", { name: "فولاد مباركه" });
  world.finds("contact", 'email[eq]:"sara@example.ir"', ["con_1"]);
  world.finds("contact", 'email[eq]:"\\"x\\"@example.ir"', []);
  const { rows } = called(beforeSave, [{ email: "sara@example.ir" }, { email: '"x"@example.ir' }]);
  assert.deepEqual(rows.map((row) => row.company), ["فولاد مبارکه", undefined]);
});

test("a large budget without a company is refused, its field named", () => {
  const budget = new Money(1000, "IRR");
  const { refusals } = called(beforeSave, [{ budget }, { budget, company: "پیوند" }]);
  const message = "برای بودجهٔ ۱۰۰۰ نام شرکت لازم است";
  assert.deepEqual(refusals, [{ row: 0, column: 1, code: "company-missing", message }]);
});

test("an urgent lead brings a task in the same commit", () => {
  const { children, kept } = called(beforeSave, [{ verb: "create", is_urgent: true }, { verb: "update", is_urgent: true }]);
  const fields = { kind: "task", subject: "پاسخ فوری", about: { row: 0 }, due_on: day };
  assert.deepEqual(children, [{ row: 0, object: "activity", fields }]);
  assert.deepEqual(kept, [{ row: 0, key: "last urgent", value: "2026-03-21" }]);
});

test("a lead is welcomed by name", () => {
  const name = '{"given":"سارا","family":"کاظمی"}';
  const { rows } = called(computed, [{ name, budget: new Money(10, "IRR"), employees: 4n, answer_by: day }, {}]);
  assert.deepEqual(rows, [
    { welcome: "سارا کاظمی گرامی، خوش آمدید", budget_per_employee: Decimal.of("2.5"), answer_by_jalali: "۱۴۰۵/۱/۱" },
    { welcome: null, budget_per_employee: null, answer_by_jalali: null },
  ]);
});

test("the register is asked for a new company, as often as a day allows", () => {
  const row = { id: "lea_1", verb: "update", company: "پیوند", "old.company": "آهن", phone: '{"raw":"۰۲۱ ۸۸۰۰ ۱۲۳۴"}' };
  const { effects } = called(told, [row]);
  assert.deepEqual(effects.map(({ action }) => action), ["store", "request"]);
  const [kept, { url, body, replyTo, context }] = effects;
  assert.deepEqual([kept.name, kept.value], ["asked 2026-03-21 lea_1", "پیوند"]);
  assert.deepEqual([url, replyTo, context], ["https://register.example/companies", "registered", "پیوند"]);
  assert.deepEqual(JSON.parse(body), { company: "پیوند", phone: "+982188001234" });
  assert.deepEqual(called(told, [{ ...row, "old.company": "پیوند" }]).effects, []);

  world.keep(kept.name, "");
  const { effects: none, log } = called(told, [row]);
  assert.deepEqual([none, log.length], [[], 1]);
});

test("a new lead with an address is written to", () => {
  const { effects: [{ action, to, channel, content }] } =
    called(told, [{ id: "lea_1", verb: "create", email: "sara@example.ir", welcome: "سلام" }]);
  assert.deepEqual([action, to, channel], ["send", { tag: "party", val: { tag: "row", val: 0 } }, "email"]);
  assert.deepEqual(content.val, { subject: "خوش آمدید", text: "سلام", html: "" });
});

test("a lead that came to nothing loses its tasks", () => {
  world.record("activity", "act_1", {});
  world.finds("activity", "and(about[eq]:lea_1,status[eq]:planned,kind[eq]:task)", ["act_1"]);
  const row = { id: "lea_1", verb: "update", status: "unqualified", "old.status": "new" };
  const [drop, forget] = called(told, [row]).effects;
  assert.deepEqual([drop.action, drop.which, forget.value], ["delete", "act_1", null]);
});

test("an answer becomes a number, a failure a task", () => {
  const hook = { point: "on-reply", name: "registered" };
  const asked = { key: "ask", about: "lea_1", context: "پیوند" };
  const answered = called(hook, [{ ...asked, body: { number: 7 } }, { ...asked, status: 503 }, { ...asked, failed: "no" }]);
  const [number, ...tasks] = answered.effects;
  assert.deepEqual([number.which, number.fields], ["lea_1", { register_number: "7", registered_on: day }]);
  assert.deepEqual(tasks.map(({ row, action }) => `${row} ${action}`), ["1 create", "1 update", "2 create", "2 update"]);
  assert.deepEqual([tasks[0].fields.about, tasks[1].which], [{ row: 1 }, "again ask"]);
  assert.deepEqual([tasks[1].fields.description, tasks[3].fields.description], ["پیوند: 503", "no"]);
});

test("a lead that waits is called about once", () => {
  const hook = { point: "workflow-action", name: "remind", object: "lead", reads: { id: "text", welcome: "text" } };
  world.record("activity", "act_1", {});
  world.finds("activity", "and(about[eq]:lea_1,status[eq]:planned)", []);
  world.finds("activity", "and(about[eq]:lea_2,status[eq]:planned)", ["act_1"]);
  const { effects: [made, ...more] } = called(hook, [{ id: "lea_1", welcome: "سلام" }, { id: "lea_2" }], { parameters: { kind: "visit" } });
  assert.deepEqual(more, []);
  assert.deepEqual(made.fields, { kind: "visit", subject: "سلام", about: { row: 0 }, due_on: day.plus(2) });
});

test("points are given for their reasons", () => {
  const hook = {
    point: "gamification", name: "full-lead", object: "lead", reasons: ["complete", "large"],
    reads: { company: "text", email: "text", phone: "structured", budget: "money" },
  };
  const full = { company: "پیوند", email: "a@b.example", phone: '{"raw":"1"}', budget: new Money(1000, "IRR") };
  const { awards } = called(hook, [full, { ...full, company: " " }]);
  assert.deepEqual(awards.map(({ row, reason, points }) => `${row} ${reason} ${points}`), ["0 complete 5", "0 large 10", "1 large 10"]);
});

test("a postal code has ten digits, whatever script they are in", () => {
  const hook = { point: "field-type", name: "iran-code" };
  assert.equal(called(hook, [{ value: "۱۲۳۴۵-۶۷۸۹۰" }]).rows[0].value, "1234567890");
  assert.deepEqual(called(hook, [{ value: "12" }], { call: "validate" }).refusals.map(({ code }) => code), ["ten-digits"]);
  assert.deepEqual(called(hook, [{ value: "1234567890" }], { call: "format", locale: "ar" }).texts, ["١٢٣٤٥-٦٧٨٩٠"]);
});
