// What does the plugin remember? `peyvand-plugin/store`: its own keys, shared by all its hooks, as they were before the
// batch. Writes are part of an answer: `answer.keep` and `effects.keep`. In Node a test's `world` answers.

import { textOf } from "../bytes.js";
import { store as host } from "../host/store.js";

/**
 * The bytes of a key; undefined where there is none.
 * @param {string} key
 * @returns {Uint8Array | undefined}
 */
export function get(key) {
  return host.get(key) ?? undefined;
}

/**
 * The value of a key as text.
 * @param {string} key
 * @returns {string | undefined}
 */
export function text(key) {
  const bytes = get(key);
  return bytes && textOf(bytes);
}

/**
 * The value of a key that was kept as JSON.
 * @param {string} key
 */
export function json(key) {
  const written = text(key);
  return written === undefined ? undefined : JSON.parse(written);
}

/**
 * The entries whose keys begin with `prefix`, in order of their keys, after the key `after`; at most `limit` (1 to
 * 1,000).
 * @param {string} prefix
 * @param {{ after?: string, limit?: number }} [more]
 * @returns {{ key: string, value: Uint8Array }[]}
 */
export function scan(prefix, { after, limit = 100 } = {}) {
  return host.scan(prefix, after ?? null, limit);
}
