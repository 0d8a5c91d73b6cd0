/**
 * So many bytes, at most 4,096.
 * @param {number} count
 * @returns {Uint8Array}
 */
export function bytes(count: number): Uint8Array;
/**
 * A number of 64 bits.
 * @returns {bigint}
 */
export function number(): bigint;
/**
 * A whole number from 0 up to, and without, `limit`.
 * @param {number} limit
 * @returns {number}
 */
export function below(limit: number): number;
