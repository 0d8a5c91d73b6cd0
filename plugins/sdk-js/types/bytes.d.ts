/** The text of some bytes of UTF-8. Both ways are native code, in parts that fit a call's arguments. */
export function textOf(bytes: any, start?: number, end?: any): string;
/** The bytes of a text, one as each letter of another text. */
export function binaryOf(text: any): any;
/**
 * The bytes of a text; bytes stay as they are.
 * @param {string | Uint8Array} value
 * @returns {Uint8Array}
 */
export function bytesOf(value: string | Uint8Array): Uint8Array;
