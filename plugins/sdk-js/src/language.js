// In which language does a plugin speak? English, Persian and Arabic are equals.

const ZEROES = { fa: 0x6f0, ar: 0x660 };

/**
 * A language of the product.
 * @typedef {"en" | "fa" | "ar"} Language
 */

/**
 * The language of a locale such as `fa-IR`; English where it is another one.
 * @param {string} locale
 * @returns {Language}
 */
export function languageOf(locale) {
  const language = locale.split(/[-_]/)[0].toLowerCase();
  return language === "fa" || language === "ar" ? language : "en";
}

/**
 * Of three texts, the one in this language.
 * @template T
 * @param {Language} language
 * @param {T} english
 * @param {T} persian
 * @param {T} arabic
 * @returns {T}
 */
export function pick(language, english, persian, arabic) {
  return { en: english, fa: persian, ar: arabic }[language] ?? english;
}

/**
 * The text with its digits as a language writes them.
 * @param {Language} language
 * @param {unknown} text
 * @returns {string}
 */
export function digits(language, text) {
  const zero = ZEROES[language];
  return zero ? String(text).replace(/[0-9]/g, (digit) => String.fromCodePoint(zero + Number(digit))) : String(text);
}

/**
 * The text with Persian and Arabic digits as 0 to 9, without asking the host.
 * @param {string} text
 * @returns {string}
 */
export function digitsToAscii(text) {
  return text.replace(/[۰-۹٠-٩]/g, (digit) => String(digit.codePointAt(0) & 15));
}
