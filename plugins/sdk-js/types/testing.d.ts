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
export function call(served: any, hook: {
    point: string;
    name: string;
    object?: string;
    reads?: Record<string, string>;
    writes?: Record<string, string>;
    reasons?: string[];
}, rows: Record<string, any>[], settings?: Record<string, any>, more?: {
    parameters?: object;
    locale?: string;
    call?: "normalise" | "validate" | "format";
}): Outcome;
/** The new values by row. */
export function patched(writes: any, patches: any, count: any): {}[];
export namespace world {
    /** Takes away what was laid down before. */
    function clear(): void;
    /**
     * Lays a record down.
     * @param {string} object
     * @param {string} id
     * @param {Record<string, any>} fields
     */
    function record(object: string, id: string, fields: Record<string, any>): void;
    /**
     * Says which records a filter finds, in their order.
     * @param {string} object
     * @param {string} filter
     * @param {string[]} ids
     */
    function finds(object: string, filter: string, ids: string[]): void;
    /**
     * Keeps a value in the plugin's store, as an earlier answer would have.
     * @param {string} key
     * @param {string | Uint8Array} value
     */
    function keep(key: string, value: string | Uint8Array): void;
    /**
     * The moment and the day of the request.
     * @param {Instant} now
     * @param {Day} [today]
     */
    function time(now: Instant, today?: Day): void;
}
/**
 * What came of a call. An effect is `{ row, key, action, … }` with `action` as the contract names it (`create`, `update`,
 * `delete`, `send`, `request`, `store`), and fields as plain values; a text of a request's body or of a kept value is text.
 */
export type Outcome = {
    /**
     * The new values of each row; null empties a field.
     */
    rows: Record<string, any>[];
    refusals: {
        row: number;
        column: number | null;
        code: string;
        message: string;
    }[];
    children: {
        row: number;
        object: string;
        fields: Record<string, any>;
    }[];
    kept: {
        row: number;
        key: string;
        value: string | null;
    }[];
    effects: any[];
    awards: {
        row: number;
        reason: string;
        points: number;
    }[];
    /**
     * What `format` gave.
     */
    texts: string[];
    /**
     * What was written, and what the hook asked for that it does not declare: assert that it is empty.
     */
    log: string[];
};
import { Instant } from "./values.js";
import { Day } from "./values.js";
