// How does text become bytes, and bytes text? There is no TextDecoder in the guest.

const isAscii = (binary) => /^[\0-\x7f]*$/.test(binary);

/** The text of some bytes of UTF-8. Both ways are native code, in parts that fit a call's arguments. */
export function textOf(bytes, start = 0, end = bytes.length) {
  let binary = "";
  for (let from = start; from < end; from += 4096) {
    binary += String.fromCharCode.apply(null, bytes.subarray(from, Math.min(from + 4096, end)));
  }
  return isAscii(binary) ? binary : decodeURIComponent(escape(binary));
}

/** The bytes of a text, one as each letter of another text. */
export function binaryOf(text) {
  return isAscii(text) ? text : unescape(encodeURIComponent(text.toWellFormed?.() ?? text));
}

/**
 * The bytes of a text; bytes stay as they are.
 * @param {string | Uint8Array} value
 * @returns {Uint8Array}
 */
export function bytesOf(value) {
  if (value instanceof Uint8Array) return value;
  if (typeof value !== "string") throw new TypeError("give a text or a Uint8Array");
  return Uint8Array.from(binaryOf(value), (letter) => letter.charCodeAt(0));
}
