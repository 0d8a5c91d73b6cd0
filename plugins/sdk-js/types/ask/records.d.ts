/**
 * These records of one object, in the order of the ids; undefined where there is none, or it is in the bin. Fields may
 * be `id` and `revision` too. A field that the plugin may not read is undefined in every row.
 * @param {string} object
 * @param {string[]} ids
 * @param {string[]} fields
 * @returns {(Row | undefined)[]}
 */
export function get(object: string, ids: string[], fields: string[]): (Row | undefined)[];
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
export function query(object: string, filter: string, fields: string[], { sort, limit, after }?: {
    sort?: string;
    limit?: number;
    after?: string;
}): Page;
/**
 * How many records match a filter.
 * @param {string} object
 * @param {string} filter
 * @returns {number}
 */
export function count(object: string, filter: string): number;
/**
 * A text as a value in a filter, whatever it has in it.
 * @param {string} text
 * @returns {string}
 */
export function quoted(text: string): string;
/** Why records were not given; the message says what to do, for a person. */
export class ReadError extends Error {
    /**
     * @param {"not-granted" | "unknown" | "invalid" | "too-much" | "unavailable"} kind
     * @param {string} message
     */
    constructor(kind: "not-granted" | "unknown" | "invalid" | "too-much" | "unavailable", message: string);
    /** `not-granted`, `unknown`, `invalid`, `too-much` or `unavailable`. */
    kind: "unknown" | "not-granted" | "invalid" | "too-much" | "unavailable";
}
/** Some of the records that match. */
export class Page {
    /**
     * @param {Row[]} rows
     * @param {string | undefined} next
     */
    constructor(rows: Row[], next: string | undefined);
    /** The records, in the order asked for. */
    rows: Row[];
    /** For the next page, where there is one: give it as `after`. */
    next: string;
    [Symbol.iterator](): ArrayIterator<Row>;
}
import { Row } from "../row.js";
