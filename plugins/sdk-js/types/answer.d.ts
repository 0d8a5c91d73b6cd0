/** Thrown by `validate` of a field type: a stable word, and what is wrong for a person. */
export class Refused extends Error {
    /**
     * @param {string} code
     * @param {string} message
     */
    constructor(code: string, message: string);
    code: string;
}
/** @typedef {import("./effect.js").Value} Value */
/** The new values of one record. */
export class Patch {
    /** @internal */
    constructor(call: any, row: any);
    call: any;
    row: any;
    /**
     * Sets a field; null or undefined empties it. A value of another kind is a TypeError.
     * @param {string} name
     * @param {Value | undefined} value
     * @returns {this}
     */
    set(name: string, value: Value | undefined): this;
    /**
     * Empties a field.
     * @param {string} name
     * @returns {this}
     */
    clear(name: string): this;
}
/** The answer to one record before it is saved. All of it comes in the same commit as the record, or not at all. */
export class Answer extends Patch {
    /**
     * Refuses the record: because of a field, or (null) as a whole.
     * @param {string | null} name
     * @param {string} code A stable, machine-readable word: `check-digit`.
     * @param {string} message What is wrong and what to do, for a person.
     */
    refuse(name: string | null, code: string, message: string): void;
    /**
     * Adds a record. `Target.of(row)` stands for the record that it belongs to.
     * @param {string} object
     * @param {Record<string, Value>} fields
     */
    create(object: string, fields: Record<string, Value>): void;
    /**
     * Keeps a value in the plugin's own store: text or bytes, at most 64 KiB.
     * @param {string} key 1 to 200 bytes.
     * @param {string | Uint8Array} value
     */
    keep(key: string, value: string | Uint8Array): void;
    /**
     * Deletes a key of the plugin's own store.
     * @param {string} key
     */
    forget(key: string): void;
}
/** The new values of a batch, for `computeAll`. */
export class Patches {
    /** @internal */
    constructor(call: any);
    call: any;
    /**
     * The new values of one record.
     * @param {import("./row.js").Row} row
     * @returns {Patch}
     */
    of(row: import("./row.js").Row): Patch;
}
/** The points of a batch. */
export class Awards {
    /** @internal */
    constructor(call: any, reasons: any);
    call: any;
    reasons: any;
    row: number;
    /** @type {number[]} */
    at: number[];
    /** @type {number[]} */
    points: number[];
    /** @type {number[]} */
    reason: number[];
    /**
     * Gives points for one of the hook's reasons to the row at hand, or to another. No points are no award.
     * @param {string} reason
     * @param {number} points
     * @param {number} [row]
     */
    give(reason: string, points: number, row?: number): void;
}
export type Value = import("./effect.js").Value;
