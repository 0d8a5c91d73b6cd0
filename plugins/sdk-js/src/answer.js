// How does an author answer? With new values, refusals, records, kept keys and points.

import { bytesOf } from "./bytes.js";
import { assignments } from "./effect.js";

/** Thrown by `validate` of a field type: a stable word, and what is wrong for a person. */
export class Refused extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** @typedef {import("./effect.js").Value} Value */

/** The new values of one record. */
export class Patch {
  /** @internal */
  constructor(call, row) {
    this.call = call;
    this.row = row.index;
  }

  /**
   * Sets a field; null or undefined empties it. A value of another kind is a TypeError.
   * @param {string} name
   * @param {Value | undefined} value
   * @returns {this}
   */
  set(name, value) {
    this.call.set(this.row, name, value);
    return this;
  }

  /**
   * Empties a field.
   * @param {string} name
   * @returns {this}
   */
  clear(name) { return this.set(name, null); }
}

/** The answer to one record before it is saved. All of it comes in the same commit as the record, or not at all. */
export class Answer extends Patch {
  /**
   * Refuses the record: because of a field, or (null) as a whole.
   * @param {string | null} name
   * @param {string} code A stable, machine-readable word: `check-digit`.
   * @param {string} message What is wrong and what to do, for a person.
   */
  refuse(name, code, message) { this.call.refuse(this.row, name, code, message); }

  /**
   * Adds a record. `Target.of(row)` stands for the record that it belongs to.
   * @param {string} object
   * @param {Record<string, Value>} fields
   */
  create(object, fields) {
    this.call.children.push({ row: this.row, what: { object, fields: assignments(fields) } });
  }

  /**
   * Keeps a value in the plugin's own store: text or bytes, at most 64 KiB.
   * @param {string} key 1 to 200 bytes.
   * @param {string | Uint8Array} value
   */
  keep(key, value) { this.call.kept.push({ row: this.row, what: { key, value: bytesOf(value) } }); }

  /**
   * Deletes a key of the plugin's own store.
   * @param {string} key
   */
  forget(key) { this.call.kept.push({ row: this.row, what: { key, value: null } }); }
}

/** The new values of a batch, for `computeAll`. */
export class Patches {
  /** @internal */
  constructor(call) { this.call = call; }

  /**
   * The new values of one record.
   * @param {import("./row.js").Row} row
   * @returns {Patch}
   */
  of(row) { return new Patch(this.call, row); }
}

/** The points of a batch. */
export class Awards {
  /** @internal */
  constructor(call, reasons) {
    this.call = call;
    this.reasons = reasons;
    this.row = 0;
    this.at = [];
    this.points = [];
    this.reason = [];
  }

  /**
   * Gives points for one of the hook's reasons to the row at hand, or to another. No points are no award.
   * @param {string} reason
   * @param {number} points
   * @param {number} [row]
   */
  give(reason, points, row = this.row) {
    if (points === 0) return;
    const [place, { hook, faults }] = [this.reasons.indexOf(reason), this.call];
    if (place < 0) {
      faults.add(`hook ${hook.name} gives points for ${reason}, which its reasons lack`);
      return;
    }
    this.at.push(row);
    this.points.push(points);
    this.reason.push(place);
  }
}
