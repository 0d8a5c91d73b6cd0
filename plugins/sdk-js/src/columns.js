// How do values become the columns of the contract, and columns values?
//
// The layout is described in wit/v0.1; its golden vectors are in tests/fixtures/columns/golden.json.

import { binaryOf, textOf } from "./bytes.js";
import { Currency, Day, Decimal, Duration, Instant, Money } from "./values.js";

const CELL = 8;
const LOW = 0xffff_ffffn;
const CELLS = { decimal: 2, money: 3 };

const cellsOf = (kind) => CELLS[kind] ?? 1;

/** The columns of a hook and where each begins. */
export class Layout {
  constructor(columns) {
    this.columns = columns;
    this.places = new Map(columns.map((column, place) => [column.name, place]));
    let before = 0;
    this.before = columns.map((column) => (before += cellsOf(column.kind)) - cellsOf(column.kind));
  }
}

/** A batch as it came, with its cells as 64-bit numbers. */
export class Batch {
  constructor(layout, { rows, cells, present, text }) {
    // A view needs its bytes at a multiple of eight.
    const bytes = cells.byteOffset % CELL ? cells.slice() : cells;
    this.layout = layout;
    this.rows = rows;
    this.cells = new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.length / CELL);
    this.present = present;
    this.text = text;
  }

  /** The value of a row in a column; undefined where it is absent. */
  value(place, row) {
    const { kind } = this.layout.columns[place];
    const bit = place * this.rows + row;
    if (!((this.present[bit >> 3] >> (bit & 7)) & 1)) return undefined;
    const at = this.layout.before[place] * this.rows + row * cellsOf(kind);
    return read(kind, this.cells, at, this.text);
  }
}

function read(kind, cells, at, text) {
  const cell = cells[at];
  switch (kind) {
    case "boolean": return cell === 1n;
    case "integer": return cell;
    case "decimal": return decimal(cells, at);
    case "date": return new Day(cell);
    case "instant": return new Instant(cell);
    case "duration": return new Duration(cell);
    case "money": {
      const letters = Number(cells[at + 2]);
      const code = String.fromCharCode(letters & 255, (letters >> 8) & 255, (letters >> 16) & 255);
      return new Money(decimal(cells, at), new Currency(code));
    }
    default: {
      const offset = Number(cell & LOW);
      return textOf(text, offset, offset + Number((cell >> 32n) & LOW));
    }
  }
}

function decimal(cells, at) {
  return new Decimal((cells[at + 1] << 64n) | BigInt.asUintN(64, cells[at]));
}

/** Lays values out one after the other: a batch column by column, patches as they come. */
export class Writer {
  constructor() {
    this.cells = [];
    this.present = [];
    this.binary = [];
    this.length = 0;
    this.values = 0;
  }

  /** Adds a value; null or undefined is its absence. A value of another kind is a TypeError. */
  push(kind, value, name) {
    const isThere = value !== null && value !== undefined;
    const cells = isThere ? this.laid(kind, value, name) : Array(cellsOf(kind)).fill(0n);
    this.cells.push(...cells);
    if (this.values % 8 === 0) this.present.push(0);
    if (isThere) this.present[this.present.length - 1] |= 1 << this.values % 8;
    this.values += 1;
  }

  laid(kind, value, name) {
    const is = typeof value;
    switch (kind) {
      case "boolean": if (is === "boolean") return [value ? 1n : 0n]; break;
      case "integer":
        if (is === "bigint" || Number.isSafeInteger(value)) return [number(BigInt(value), name)];
        if (value instanceof Decimal && value.isWhole()) return [number(value.truncated(), name)];
        break;
      case "decimal": if (value instanceof Decimal || is === "bigint" || is === "number") return halves(value); break;
      case "date": if (value instanceof Day) return [BigInt(value.days)]; break;
      case "instant": if (value instanceof Instant) return [number(value.micros, name)]; break;
      case "duration":
        if (value instanceof Duration) return [number(value.micros, name)];
        if (is === "bigint") return [number(value, name)];
        break;
      case "money":
        if (value instanceof Money) return [...halves(value.amount), BigInt(letters(value.currency.code))];
        break;
      case "text": if (is === "string") return [this.point(value)]; break;
      case "structured": return [this.point(is === "string" ? value : JSON.stringify(value))];
    }
    throw new TypeError(`${name ?? "this"} is a field of kind ${kind}; ${told(value)} is none`);
  }

  point(text) {
    const binary = binaryOf(text);
    const cell = (BigInt(binary.length) << 32n) | BigInt(this.length);
    this.binary.push(binary);
    this.length += binary.length;
    return cell;
  }

  /** The parts that cross. */
  parts() {
    const cells = new BigInt64Array(this.cells.length);
    this.cells.forEach((cell, place) => { cells[place] = cell; });
    const text = new Uint8Array(this.length);
    let at = 0;
    for (const binary of this.binary) for (let place = 0; place < binary.length; place++) text[at++] = binary.charCodeAt(place);
    return { cells: new Uint8Array(cells.buffer), present: Uint8Array.from(this.present), text };
  }
}

function number(value, name) {
  if (BigInt.asIntN(64, value) !== value) throw new RangeError(`${name ?? "this"} is ${value}: a field has 64 bits`);
  return value;
}

function halves(value) {
  const { billionths } = Decimal.of(value);
  return [BigInt.asIntN(64, billionths), BigInt.asIntN(64, billionths >> 64n)];
}

const letters = (code) => code.charCodeAt(0) | (code.charCodeAt(1) << 8) | (code.charCodeAt(2) << 16);

function told(value) {
  return typeof value === "object" ? `a ${value.constructor?.name ?? "value"}` : `${typeof value} ${String(value).slice(0, 40)}`;
}
