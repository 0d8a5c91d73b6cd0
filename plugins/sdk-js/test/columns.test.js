// Does the kit lay out columns as the contract says? Tested against the same golden vectors as the host.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Batch, Layout, Writer } from "../src/columns.js";
import { patched } from "../src/testing.js";
import { Day, Decimal, Duration, Instant, Money } from "../src/values.js";

const text = readFileSync(new URL("../../../tests/fixtures/columns/golden.json", import.meta.url), "utf8");
// As texts, since a number of JSON is a float here.
const golden = JSON.parse(text.replace(/([[,:]\s*)(-?\d{16,})(?=\s*[,\]}])/g, '$1"$2"'));
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
const parts = (vector) => ({
  rows: vector.rows, at: vector.at, column: vector.column,
  cells: bytes(vector.cells), present: bytes(vector.present), text: bytes(vector.text),
});

function value(kind, json) {
  if (json === null) return null;
  switch (kind) {
    case "integer": return BigInt(json);
    case "duration": return new Duration(BigInt(json));
    case "decimal": return new Decimal(json);
    case "date": return new Day(json);
    case "instant": return new Instant(json);
    case "money": return new Money(new Decimal(json.billionths), json.currency);
    default: return json;
  }
}

test("batches are read as the contract says", () => {
  for (const vector of [...golden.batches, ...golden.readable]) {
    const batch = new Batch(new Layout(vector.columns), parts(vector));
    vector.columns.forEach(({ kind }, place) => {
      for (let row = 0; row < vector.rows; row++) {
        const expected = value(kind, vector.values[row][place]);
        assert.deepEqual(batch.value(place, row) ?? null, expected, `${vector.name} ${place} ${row}`);
      }
    });
  }
});

test("batches and patches are written byte for byte", () => {
  for (const vector of golden.batches) {
    const writer = new Writer();
    vector.columns.forEach(({ kind }, place) => {
      for (let row = 0; row < vector.rows; row++) writer.push(kind, value(kind, vector.values[row][place]));
    });
    const { cells, present, text } = parts(vector);
    assert.deepEqual(writer.parts(), { cells, present, text }, vector.name);
  }
  for (const vector of golden.patches) {
    const writer = new Writer();
    vector.column.forEach((column, place) => {
      const { kind } = vector.writes[column];
      writer.push(kind, value(kind, vector.values[place]));
    });
    const { cells, present, text } = parts(vector);
    assert.deepEqual(writer.parts(), { cells, present, text }, vector.name);
    const last = new Map(vector.at.map((row, place) => [`${row} ${vector.column[place]}`, place]));
    const rows = patched(vector.writes, parts(vector), Math.max(0, ...vector.at.map((row) => row + 1)));
    for (const place of last.values()) {
      const { name, kind } = vector.writes[vector.column[place]];
      assert.deepEqual(rows[vector.at[place]][name], value(kind, vector.values[place]), `${vector.name} ${place}`);
    }
  }
});

test("a value of another kind is told with its field", () => {
  const push = (kind, value) => () => new Writer().push(kind, value, "amount");
  assert.throws(push("integer", 1.5), /amount is a field of kind integer; number 1.5 is none/);
  assert.throws(push("decimal", 0.1), /give a whole number or a text/);
  assert.throws(push("integer", 2n ** 63n), /64 bits/);
  assert.throws(push("text", 7), /kind text/);
});

test("decimals are exact", () => {
  const sum = Decimal.of("0.1").plus("0.2");
  assert.equal(`${sum} ${sum.times(3)} ${Decimal.of(-10).dividedBy(4)} ${Decimal.of("-0.5")}`, "0.3 0.9 -2.5 -0.5");
  assert.equal(Decimal.of("99999999999999999999.000000001").compare("100000000000000000000"), -1);
});
