// Does the plugin do its work? Called in Node, without WebAssembly.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Decimal, Money } from "peyvand-plugin";
import { call } from "peyvand-plugin/testing";
import * as plugin from "../src/plugin.js";

const settings = { "large-from": "1000", "days-to-answer": 2 };
const beforeSave = {
  point: "before-save", name: "lead", object: "lead",
  reads: { company: "text", budget: "money", answer_by: "date" }, writes: { company: "text", answer_by: "date" },
};
const computed = {
  point: "computed-fields", name: "welcome", object: "lead",
  reads: { name: "structured", budget: "money", employees: "integer" },
  writes: { welcome: "text", budget_per_employee: "decimal" },
};

test("a company gets one spelling and the lead a day", () => {
  const { rows, log } = call(plugin, beforeSave, [{ company: "شركة  ملي" }], settings);
  assert.equal(rows[0].company, "شرکة ملی");
  assert.equal(String(rows[0].answer_by), "2026-03-23");
  assert.deepEqual(log, []);
});

test("a large budget without a company is refused, its field named", () => {
  const budget = new Money(1000, "IRR");
  const { refusals } = call(plugin, beforeSave, [{ budget }, { budget, company: "پیوند" }], settings);
  assert.deepEqual(refusals, [{ row: 0, column: 0, code: "company-missing", message: "برای بودجهٔ ۱۰۰۰ نام شرکت لازم است" }]);
});

test("a lead is welcomed by name", () => {
  const rows = [{ name: '{"given":"سارا","family":"کاظمی"}', budget: new Money(10, "IRR"), employees: 4n }, {}];
  const answer = call(plugin, computed, rows, settings).rows;
  assert.equal(answer[0].welcome, "سارا کاظمی گرامی، خوش آمدید");
  assert.deepEqual(answer[0].budget_per_employee, Decimal.of("2.5"));
  assert.equal(answer[1].welcome, null);
});
