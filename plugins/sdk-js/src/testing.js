// How does an author test a plugin without WebAssembly? With rows written as plain values, in Node.

import { textOf, bytesOf } from "./bytes.js";
import { Batch, Layout, Writer } from "./columns.js";
import * as host from "./host/world.js";
import { Day, Decimal, Duration, Instant, Money } from "./values.js";

/** What the plugin finds when it asks: laid down by a test before it calls. */
export const world = {
  /** Takes away what was laid down before. */
  clear() { host.clear(); },
  /**
   * Lays a record down.
   * @param {string} object
   * @param {string} id
   * @param {Record<string, any>} fields
   */
  record(object, id, fields) { host.world.records.set(`${object} ${id}`, { id, ...fields }); },
  /**
   * Says which records a filter finds, in their order.
   * @param {string} object
   * @param {string} filter
   * @param {string[]} ids
   */
  finds(object, filter, ids) { host.world.found.set(`${object} ${filter}`, ids); },
  /**
   * Keeps a value in the plugin's store, as an earlier answer would have.
   * @param {string} key
   * @param {string | Uint8Array} value
   */
  keep(key, value) { host.world.store.set(key, bytesOf(value)); },
  /**
   * The moment and the day of the request.
   * @param {Instant} now
   * @param {Day} [today]
   */
  time(now, today = now.day()) {
    host.world.micros = now.micros;
    host.world.day = today.days;
  },
};

const EXPORTS = {
  "before-save": "beforeSave", "computed-fields": "computedFields", "field-type": "fieldType",
  "after-commit": "afterCommit", "workflow-action": "workflowAction", gamification: "gamification", "on-reply": "onReply",
};

/**
 * What came of a call. An effect is `{ row, key, action, … }` with `action` as the contract names it (`create`, `update`,
 * `delete`, `send`, `request`, `store`), and fields as plain values; a text of a request's body or of a kept value is text.
 * @typedef {object} Outcome
 * @property {Record<string, any>[]} rows The new values of each row; null empties a field.
 * @property {{ row: number, column: number | null, code: string, message: string }[]} refusals
 * @property {{ row: number, object: string, fields: Record<string, any> }[]} children
 * @property {{ row: number, key: string, value: string | null }[]} kept
 * @property {any[]} effects
 * @property {{ row: number, reason: string, points: number }[]} awards
 * @property {string[]} texts What `format` gave.
 * @property {string[]} log What was written, and what the hook asked for that it does not declare: assert that it is empty.
 */

/**
 * Calls one hook of `served`, which is what `serve` gave, or a module that exports it. `rows` are objects of plain values;
 * of an `on-reply` hook, objects of `{ key, context, about, status, headers, body }` or with `failed`.
 * @param {any} served
 * @param {{ point: string, name: string, object?: string, reads?: Record<string, string>, writes?: Record<string, string>,
 *   reasons?: string[] }} hook Its columns as `{ name: kind }`.
 * @param {Record<string, any>[]} rows
 * @param {Record<string, any>} [settings] As JSON.
 * @param {{ parameters?: object, locale?: string, call?: "normalise" | "validate" | "format" }} [more]
 * @returns {Outcome}
 */
export function call(served, hook, rows, settings = {}, more = {}) {
  const isType = hook.point === "field-type";
  const columns = (kinds) => Object.entries(kinds ?? (isType ? { value: "text" } : {})).map(([name, kind]) => ({ name, kind }));
  const [reads, writes] = [columns(hook.reads), columns(hook.writes)];
  host.world.settings = settings;
  const exported = served[EXPORTS[hook.point]];
  if (!exported) throw new TypeError(`the plugin does not export ${EXPORTS[hook.point] ?? hook.point}`);
  served.binding.bind([{ number: 0, object: "", ...hook, reads, writes }], JSON.stringify(settings));
  host.world.lines = [];
  const writer = new Writer();
  for (const { name, kind } of reads) for (const row of rows) writer.push(kind, row[name], name);
  const batch = hook.point === "on-reply" ? rows.map(reply) : { rows: rows.length, ...writer.parts() };
  const name = more.call ?? Object.keys(exported)[0];
  const last = hook.point === "workflow-action" ? [JSON.stringify(more.parameters ?? {})] : name === "format" ? [more.locale ?? "en"] : [];
  const answer = exported[name](0, batch, ...last);
  return outcome(hook, name, writes, rows.length, answer);
}

function outcome(hook, name, writes, count, answer) {
  const given = { rows: [], refusals: [], children: [], kept: [], effects: [], awards: [], texts: [], log: host.world.lines };
  const effects = ["after-commit", "workflow-action", "on-reply"];
  if (hook.point === "before-save") {
    given.rows = patched(writes, answer.patches, count);
    given.refusals = answer.refusals;
    given.children = answer.children.map(({ row, what }) => ({ row, object: what.object, fields: plain(what.fields) }));
    given.kept = answer.store.map(({ row, what }) => ({ row, key: what.key, value: read(what.value) }));
  } else if (effects.includes(hook.point)) given.effects = answer.map(effect);
  else if (hook.point === "gamification") given.awards = awarded(hook, answer);
  else if (name === "format") given.texts = answer;
  else if (name === "validate") given.refusals = answer;
  else given.rows = patched(writes, answer, count);
  return given;
}

function awarded({ reasons = [] }, { at, points, reason }) {
  return at.map((row, place) => ({ row, reason: reasons[reason[place]] ?? String(reason[place]), points: points[place] }));
}

const read = (bytes) => (bytes === null ? null : textOf(bytes));

function reply({ key = "", context = "", about = "", failed, status = 200, headers = {}, body = "" }) {
  const named = Object.entries(headers).map(([name, value]) => ({ name, value }));
  const answer = failed === undefined
    ? { tag: "response", val: { status, headers: named, body: bytesOf(typeof body === "object" && !(body instanceof Uint8Array) ? JSON.stringify(body) : body) } }
    : { tag: "failed", val: failed };
  return { key, context, about, answer };
}

function effect({ row, key, action: { tag, val } }) {
  const said = { row, key, action: tag };
  switch (tag) {
    case "create": return { ...said, object: val.object, fields: plain(val.fields) };
    case "update": return { ...said, which: val.which.val, fields: plain(val.fields) };
    case "delete": return { ...said, which: val.val };
    case "request": return { ...said, ...val, body: read(val.body), headers: Object.fromEntries(val.headers.map(({ name, value }) => [name, value])) };
    case "store": return { ...said, name: val.key, value: read(val.value) };
    default: return { ...said, ...val };
  }
}

/** The fields of an effect as plain values. */
function plain(fields) {
  return Object.fromEntries(fields.map(({ field, value: { tag, val } }) => [field, scalar(tag, val)]));
}

function scalar(tag, val) {
  switch (tag) {
    case "nothing": return null;
    case "decimal": return Decimal.of(val);
    case "date": return new Day(val);
    case "instant": return new Instant(val);
    case "duration": return new Duration(val);
    case "money": return new Money(val.amount, val.currency);
    case "structured": return JSON.parse(val);
    case "reference": return { [val.tag]: val.val };
    default: return val;
  }
}

/** The new values by row. */
export function patched(writes, patches, count) {
  const rows = Array.from({ length: count }, () => ({}));
  let at = 0;
  patches.at.forEach((row, place) => {
    const { name, kind } = writes[patches.column[place]];
    const layout = new Layout([{ name, kind }]);
    const size = ({ decimal: 2, money: 3 }[kind] ?? 1) * 8;
    const isThere = (patches.present[place >> 3] >> (place & 7)) & 1;
    const cells = patches.cells.slice(at, at + size);
    rows[row][name] = isThere ? new Batch(layout, { rows: 1, cells, present: [1], text: patches.text }).value(0, 0) : null;
    at += size;
  });
  return rows;
}
