// What did the administrator set, and how is a wrong setting told?

import { Decimal } from "./values.js";

/** Thrown while a plugin is made: a setting cannot be used, and what to do. */
export class Setting extends Error {
  /**
   * @param {string} name
   * @param {string} what What to do, for a person.
   */
  constructor(name, what) {
    super(`setting ${name}: ${what}`);
    /** @type {[string, string]} */
    this.setting = [name, what];
  }
}

/** The administrator's settings over the manifest's defaults. */
export class Settings {
  /** @param {string} json */
  constructor(json) {
    /** @type {Record<string, any>} */
    this.values = JSON.parse(json);
  }

  /**
   * The value as JSON has it; a decimal is a text. One that the manifest does not declare is a `Setting`.
   * @param {string} name
   */
  get(name) {
    if (!Object.hasOwn(this.values, name)) throw new Setting(name, "the manifest does not declare it");
    return this.values[name];
  }

  /**
   * A whole number in a range.
   * @param {string} name
   * @param {number} [low]
   * @param {number} [high]
   * @returns {number}
   */
  integer(name, low = Number.MIN_SAFE_INTEGER, high = Number.MAX_SAFE_INTEGER) {
    const number = this.get(name);
    if (Number.isSafeInteger(number) && low <= number && number <= high) return number;
    throw new Setting(name, `set a whole number from ${low} to ${high}`);
  }

  /**
   * A decimal number.
   * @param {string} name
   * @returns {Decimal}
   */
  decimal(name) {
    try {
      return Decimal.of(this.get(name));
    } catch (error) {
      throw error instanceof Setting ? error : new Setting(name, "set a decimal number");
    }
  }

  /**
   * A decimal number, not below zero.
   * @param {string} name
   * @returns {Decimal}
   */
  amount(name) {
    const number = this.decimal(name);
    if (number.compare(0) < 0) throw new Setting(name, "set a number that is not below 0");
    return number;
  }

  /**
   * A text; it may be empty.
   * @param {string} name
   * @returns {string}
   */
  text(name) {
    const text = this.get(name);
    if (typeof text !== "string") throw new Setting(name, "set a text");
    return text;
  }

  /**
   * One of the texts allowed.
   * @template {string} T
   * @param {string} name
   * @param {readonly T[]} allowed
   * @returns {T}
   */
  oneOf(name, allowed) {
    const text = this.get(name);
    if (!allowed.includes(text)) throw new Setting(name, `set one of ${allowed.join(", ")}`);
    return text;
  }

  /**
   * Yes or no.
   * @param {string} name
   * @returns {boolean}
   */
  boolean(name) {
    const yes = this.get(name);
    if (typeof yes !== "boolean") throw new Setting(name, "set true or false");
    return yes;
  }
}
