// What may a plugin draw? `peyvand-plugin/random`: numbers that look random and are the same whenever the same request
// is played again. Not for secrets: who reads the journal can find them out. In Node they count.

import { random as host } from "../host/random.js";

/**
 * So many bytes, at most 4,096.
 * @param {number} count
 * @returns {Uint8Array}
 */
export function bytes(count) { return Uint8Array.from(host.bytes(count)); }

/**
 * A number of 64 bits.
 * @returns {bigint}
 */
export function number() {
  // Not the contract's `number`: it crosses as a float, which has 53 bits.
  return bytes(8).reduce((all, byte) => (all << 8n) | BigInt(byte), 0n);
}

/**
 * A whole number from 0 up to, and without, `limit`.
 * @param {number} limit
 * @returns {number}
 */
export function below(limit) { return Number(number() % BigInt(limit)); }
