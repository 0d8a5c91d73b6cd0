/** The moment of the request, never the wall clock. @returns {Instant} */
export function now(): Instant;
/** The day of the request in the workspace's time zone. @returns {Day} */
export function today(): Day;
/** One record. A field that is empty, or that the hook does not declare, is undefined. */
export class Row {
    /** @internal */
    constructor(call: any, index: any, old?: string);
    /** Its place in the batch. @type {number} */
    index: number;
    /** The hook's name in the manifest. @returns {string} */
    get hook(): string;
    /** The object whose record it is. @returns {string} */
    get object(): string;
    /** The same record before the change; its fields are declared as `old.stage`. @returns {Row} */
    get old(): Row;
    /**
     * What becomes of it. The hook must declare the column `verb`.
     * @returns {"create" | "update" | "delete" | undefined}
     */
    get verb(): "create" | "update" | "delete" | undefined;
    /** Its id. The hook must declare the column `id`. @returns {string | undefined} */
    get id(): string | undefined;
    /**
     * The value, whatever its kind; text also of options, references and e-mail addresses, and the JSON of a phone.
     * @param {string} name
     * @returns {boolean | bigint | Decimal | Day | Instant | Duration | Money | string | undefined}
     */
    value(name: string): boolean | bigint | Decimal | Day | Instant | Duration | Money | string | undefined;
    /**
     * How a column is laid out: `boolean`, `integer`, `decimal`, `date`, `instant`, `duration`, `text`, `money` or
     * `structured`.
     * @param {string} name
     * @returns {string | undefined}
     */
    kind(name: string): string | undefined;
    /**
     * A whole number as a Number; one beyond 2^53 is a RangeError, take `value` there.
     * @param {string} name
     * @returns {number | undefined}
     */
    integer(name: string): number | undefined;
    /**
     * A decimal number or a percentage (12.5 for 12.5 %); of a whole number as well.
     * @param {string} name
     * @returns {Decimal | undefined}
     */
    decimal(name: string): Decimal | undefined;
    /**
     * Text, an option's name, a record's id, an e-mail address.
     * @param {string} name
     * @returns {string | undefined}
     */
    text(name: string): string | undefined;
    /** @param {string} name @returns {Money | undefined} */
    money(name: string): Money | undefined;
    /** @param {string} name @returns {boolean | undefined} */
    boolean(name: string): boolean | undefined;
    /** @param {string} name @returns {Day | undefined} */
    date(name: string): Day | undefined;
    /** @param {string} name @returns {Instant | undefined} */
    instant(name: string): Instant | undefined;
    /** @param {string} name @returns {Duration | undefined} */
    duration(name: string): Duration | undefined;
    /**
     * A phone, an address, a person's name, a list of options.
     * @param {string} name
     * @returns {any}
     */
    json(name: string): any;
    /**
     * Whether the field has a value; blank text, empty lists and objects are none.
     * @param {string} name
     * @returns {boolean}
     */
    has(name: string): boolean;
    /**
     * Whether a field differs from what it was. Both it and its `old.` must be declared.
     * @param {string} name
     * @returns {boolean}
     */
    changed(name: string): boolean;
    /** The moment of the request, never the wall clock. @returns {Instant} */
    now(): Instant;
    /** The day of the request in the workspace's time zone. @returns {Day} */
    today(): Day;
    #private;
}
/** The records of a batch, for `computeAll` and `scoreAll`. */
export class Records {
    /** @internal */
    constructor(call: any);
    /** How many there are. @returns {number} */
    get length(): number;
    /**
     * A column as values, one for each row, looked up once: for thousands of rows.
     * @param {string} name
     * @returns {(boolean | bigint | Decimal | Day | Instant | Duration | Money | string | undefined)[]}
     */
    column(name: string): (boolean | bigint | Decimal | Day | Instant | Duration | Money | string | undefined)[];
    /** The rows in order. @returns {IterableIterator<Row>} */
    [Symbol.iterator](): IterableIterator<Row>;
    #private;
}
import { Instant } from "./values.js";
import { Day } from "./values.js";
import { Decimal } from "./values.js";
import { Duration } from "./values.js";
import { Money } from "./values.js";
