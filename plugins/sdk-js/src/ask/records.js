// What else is there? `peyvand-plugin/records`: records besides those of the batch, as they were before it.
//
// Of the objects and fields that the manifest needs. What a hook before a save reads is checked at the commit: where
// somebody changed it meanwhile, the hook is asked again. In Node a test's `world` answers.

import { Batch, Layout } from "../columns.js";
import { core } from "../host/core.js";
import { records as host } from "../host/records.js";
import { Row } from "../row.js";

/** Why records were not given; the message says what to do, for a person. */
export class ReadError extends Error {
  /**
   * @param {"not-granted" | "unknown" | "invalid" | "too-much" | "unavailable"} kind
   * @param {string} message
   */
  constructor(kind, message) {
    super(message);
    this.name = "ReadError";
    /** `not-granted`, `unknown`, `invalid`, `too-much` or `unavailable`. */
    this.kind = kind;
  }
}

/** Some of the records that match. */
export class Page {
  /**
   * @param {Row[]} rows
   * @param {string | undefined} next
   */
  constructor(rows, next) {
    /** The records, in the order asked for. */
    this.rows = rows;
    /** For the next page, where there is one: give it as `after`. */
    this.next = next;
  }

  [Symbol.iterator]() { return this.rows[Symbol.iterator](); }
}

/**
 * These records of one object, in the order of the ids; undefined where there is none, or it is in the bin. Fields may
 * be `id` and `revision` too. A field that the plugin may not read is undefined in every row.
 * @param {string} object
 * @param {string[]} ids
 * @param {string[]} fields
 * @returns {(Row | undefined)[]}
 */
export function get(object, ids, fields) {
  const { selected, found } = asked(() => host.get(object, ids, fields));
  return rows(object, fields, selected).map((row, place) => (found[place] ? row : undefined));
}

/**
 * The records that match `and(stage[eq]:won,amount[gte]:1000)`; all where the filter is empty. What a person wrote goes
 * into a filter as `quoted(text)`.
 * @param {string} object
 * @param {string} filter
 * @param {string[]} fields What is wanted of each record.
 * @param {{ sort?: string, limit?: number, after?: string }} [more] `sort`: `-created_at,name`, by id when left out;
 *   `limit`: 1 to 1,000, a hundred when left out; `after`: the `next` of the page before.
 * @returns {Page}
 */
export function query(object, filter, fields, { sort = "", limit = 100, after } = {}) {
  const page = asked(() => host.query({ object, filter, sort, fields, limit, after: after ?? null }));
  return new Page(rows(object, fields, page.selected), page.next ?? undefined);
}

/**
 * How many records match a filter.
 * @param {string} object
 * @param {string} filter
 * @returns {number}
 */
export function count(object, filter) {
  return Number(asked(() => host.count(object, filter)));
}

/**
 * A text as a value in a filter, whatever it has in it.
 * @param {string} text
 * @returns {string}
 */
export function quoted(text) {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

function rows(object, fields, { kinds, rows: batch }) {
  const reads = new Layout(fields.map((name, place) => ({ name, kind: kinds[place] })));
  // A fault is told at once: these records outlive no call.
  const call = {
    hook: { name: `records of ${object}`, object, reads }, batch: new Batch(reads, batch), faults: { add: core.log },
  };
  return Array.from({ length: call.batch.rows }, (_, index) => new Row(call, index));
}

function asked(ask) {
  try {
    return ask();
  } catch (error) {
    const { tag, val } = error?.payload ?? error ?? {};
    throw typeof tag === "string" ? new ReadError(/** @type {any} */ (tag), val) : error;
  }
}
