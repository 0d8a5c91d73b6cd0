// What does a test's host answer? Records, query answers, kept values and settings that a test lays down beforehand.
//
// A query is not understood here: a test says which records it finds.

import { Writer } from "../columns.js";
import { Currency, Day, Decimal, Duration, Instant, Money } from "../values.js";

const fresh = () => ({
  lines: [], micros: 1_774_051_200_000_000n, day: 20_533, settings: {}, records: new Map(), found: new Map(),
  store: new Map(), drawn: 0n,
});

export const world = fresh();

export function clear() { Object.assign(world, fresh()); }

/** Fails as an import of a component does. */
function refuse(tag, val) { throw { tag, val }; }

export function kindOf(value) {
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return "integer";
  if (value instanceof Decimal) return "decimal";
  if (value instanceof Day) return "date";
  if (value instanceof Instant) return "instant";
  if (value instanceof Duration) return "duration";
  if (value instanceof Money || value instanceof Currency) return "money";
  return typeof value === "string" ? "text" : "structured";
}

/** Records as the contract gives them: a column for each field. */
export function selection(fields, rows) {
  const writer = new Writer();
  const kinds = fields.map((field) => {
    const values = rows.map((row) => row?.[field] ?? null);
    const kind = kindOf(values.find((value) => value !== null) ?? "");
    values.forEach((value) => writer.push(kind, value, field));
    return kind;
  });
  return { kinds, rows: { rows: rows.length, ...writer.parts() } };
}

export function found(object, filter) {
  const ids = world.found.get(`${object} ${filter}`);
  if (!ids) refuse("unknown", `the test does not say what ${filter || "an empty filter"} finds among ${object}`);
  return ids.map((id) => world.records.get(`${object} ${id}`)).filter(Boolean);
}
