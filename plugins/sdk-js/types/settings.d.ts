/** Thrown while a plugin is made: a setting cannot be used, and what to do. */
export class Setting extends Error {
    /**
     * @param {string} name
     * @param {string} what What to do, for a person.
     */
    constructor(name: string, what: string);
    /** @type {[string, string]} */
    setting: [string, string];
}
/** The administrator's settings over the manifest's defaults. */
export class Settings {
    /** @param {string} json */
    constructor(json: string);
    /** @type {Record<string, any>} */
    values: Record<string, any>;
    /**
     * The value as JSON has it; a decimal is a text. One that the manifest does not declare is a `Setting`.
     * @param {string} name
     */
    get(name: string): any;
    /**
     * A whole number in a range.
     * @param {string} name
     * @param {number} [low]
     * @param {number} [high]
     * @returns {number}
     */
    integer(name: string, low?: number, high?: number): number;
    /**
     * A decimal number.
     * @param {string} name
     * @returns {Decimal}
     */
    decimal(name: string): Decimal;
    /**
     * A decimal number, not below zero.
     * @param {string} name
     * @returns {Decimal}
     */
    amount(name: string): Decimal;
    /**
     * A text; it may be empty.
     * @param {string} name
     * @returns {string}
     */
    text(name: string): string;
    /**
     * One of the texts allowed.
     * @template {string} T
     * @param {string} name
     * @param {readonly T[]} allowed
     * @returns {T}
     */
    oneOf<T extends string>(name: string, allowed: readonly T[]): T;
    /**
     * Yes or no.
     * @param {string} name
     * @returns {boolean}
     */
    boolean(name: string): boolean;
}
import { Decimal } from "./values.js";
