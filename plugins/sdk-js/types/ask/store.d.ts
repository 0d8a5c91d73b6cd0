/**
 * The bytes of a key; undefined where there is none.
 * @param {string} key
 * @returns {Uint8Array | undefined}
 */
export function get(key: string): Uint8Array | undefined;
/**
 * The value of a key as text.
 * @param {string} key
 * @returns {string | undefined}
 */
export function text(key: string): string | undefined;
/**
 * The value of a key that was kept as JSON.
 * @param {string} key
 */
export function json(key: string): any;
/**
 * The entries whose keys begin with `prefix`, in order of their keys, after the key `after`; at most `limit` (1 to
 * 1,000).
 * @param {string} prefix
 * @param {{ after?: string, limit?: number }} [more]
 * @returns {{ key: string, value: Uint8Array }[]}
 */
export function scan(prefix: string, { after, limit }?: {
    after?: string;
    limit?: number;
}): {
    key: string;
    value: Uint8Array;
}[];
