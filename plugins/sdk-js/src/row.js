// How does an author read a record? By the names of its fields, as rows over the columns.

import { core } from "./host/core.js";
import { Day, Decimal, Duration, Instant, Money } from "./values.js";

/** The moment of the request, never the wall clock. @returns {Instant} */
export function now() { return new Instant(core.now()); }

/** The day of the request in the workspace's time zone. @returns {Day} */
export function today() { return new Day(core.today()); }

/** What two equal values have in common; an Instant's text ends at milliseconds. */
const same = (value) => (value === undefined ? "" : `=${value.micros ?? value}`);

/** One record. A field that is empty, or that the hook does not declare, is undefined. */
export class Row {
  #call;
  #old;

  /** @internal */
  constructor(call, index, old = "") {
    this.#call = call;
    this.#old = old;
    /** Its place in the batch. */
    this.index = index;
  }

  /** The hook's name in the manifest. @returns {string} */
  get hook() { return this.#call.hook.name; }
  /** The object whose record it is. @returns {string} */
  get object() { return this.#call.hook.object; }
  /** The same record before the change; its fields are declared as `old.stage`. @returns {Row} */
  get old() { return new Row(this.#call, this.index, "old."); }
  /**
   * What becomes of it. The hook must declare the column `verb`.
   * @returns {"create" | "update" | "delete" | undefined}
   */
  get verb() { return this.text("verb"); }
  /** Its id. The hook must declare the column `id`. @returns {string | undefined} */
  get id() { return this.text("id"); }

  #place(name) {
    const { hook, faults } = this.#call;
    const place = hook.reads.places.get(this.#old + name);
    if (place === undefined) faults.add(`hook ${hook.name} reads ${this.#old}${name}, which its \`reads\` lack`);
    return place;
  }

  /**
   * The value, whatever its kind; text also of options, references and e-mail addresses, and the JSON of a phone.
   * @param {string} name
   * @returns {boolean | bigint | Decimal | Day | Instant | Duration | Money | string | undefined}
   */
  value(name) {
    const place = this.#place(name);
    return place === undefined ? undefined : this.#call.batch.value(place, this.index);
  }

  #of(kind, name) {
    const value = this.value(name);
    return typeof value === kind || (typeof kind === "function" && value instanceof kind) ? value : undefined;
  }

  /**
   * How a column is laid out: `boolean`, `integer`, `decimal`, `date`, `instant`, `duration`, `text`, `money` or
   * `structured`.
   * @param {string} name
   * @returns {string | undefined}
   */
  kind(name) {
    const place = this.#place(name);
    return place === undefined ? undefined : this.#call.hook.reads.columns[place].kind;
  }

  /**
   * A whole number as a Number; one beyond 2^53 is a RangeError, take `value` there.
   * @param {string} name
   * @returns {number | undefined}
   */
  integer(name) {
    const value = this.#of("bigint", name);
    if (value === undefined) return undefined;
    if (!Number.isSafeInteger(Number(value))) throw new RangeError(`${name} is ${value}: take value("${name}"), a BigInt`);
    return Number(value);
  }

  /**
   * A decimal number or a percentage (12.5 for 12.5 %); of a whole number as well.
   * @param {string} name
   * @returns {Decimal | undefined}
   */
  decimal(name) {
    const value = this.value(name);
    return typeof value === "bigint" || value instanceof Decimal ? Decimal.of(value) : undefined;
  }

  /**
   * Text, an option's name, a record's id, an e-mail address.
   * @param {string} name
   * @returns {any}
   */
  text(name) { return this.#of("string", name); }

  /** @param {string} name @returns {Money | undefined} */
  money(name) { return this.#of(Money, name); }
  /** @param {string} name @returns {boolean | undefined} */
  boolean(name) { return this.#of("boolean", name); }
  /** @param {string} name @returns {Day | undefined} */
  date(name) { return this.#of(Day, name); }
  /** @param {string} name @returns {Instant | undefined} */
  instant(name) { return this.#of(Instant, name); }
  /** @param {string} name @returns {Duration | undefined} */
  duration(name) { return this.#of(Duration, name); }

  /**
   * A phone, an address, a person's name, a list of options.
   * @param {string} name
   * @returns {any}
   */
  json(name) {
    const text = this.text(name);
    return text === undefined ? undefined : JSON.parse(text);
  }

  /**
   * Whether the field has a value; blank text, empty lists and objects are none.
   * @param {string} name
   * @returns {boolean}
   */
  has(name) {
    const value = this.value(name);
    return value !== undefined && !(typeof value === "string" && /^(\s*|null|\[\]|\{\})$/.test(value));
  }

  /**
   * Whether a field differs from what it was. Both it and its `old.` must be declared.
   * @param {string} name
   * @returns {boolean}
   */
  changed(name) { return same(this.value(name)) !== same(this.old.value(name)); }

  /** The moment of the request, never the wall clock. @returns {Instant} */
  now() { return now(); }
  /** The day of the request in the workspace's time zone. @returns {Day} */
  today() { return today(); }
}

/** The records of a batch, for `computeAll` and `scoreAll`. */
export class Records {
  #call;

  /** @internal */
  constructor(call) { this.#call = call; }

  /** How many there are. @returns {number} */
  get length() { return this.#call.batch.rows; }

  /** The rows in order. @returns {IterableIterator<Row>} */
  *[Symbol.iterator]() {
    for (let index = 0; index < this.length; index++) yield new Row(this.#call, index);
  }

  /**
   * A column as values, one for each row, looked up once: for thousands of rows.
   * @param {string} name
   * @returns {(boolean | bigint | Decimal | Day | Instant | Duration | Money | string | undefined)[]}
   */
  column(name) {
    const { hook, batch, faults } = this.#call;
    const place = hook.reads.places.get(name);
    if (place === undefined) faults.add(`hook ${hook.name} reads ${name}, which its \`reads\` lack`);
    return Array.from({ length: batch.rows }, (_, row) => (place === undefined ? undefined : batch.value(place, row)));
  }
}
