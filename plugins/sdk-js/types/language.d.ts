/**
 * A language of the product.
 * @typedef {"en" | "fa" | "ar"} Language
 */
/**
 * The language of a locale such as `fa-IR`; English where it is another one.
 * @param {string} locale
 * @returns {Language}
 */
export function languageOf(locale: string): Language;
/**
 * Of three texts, the one in this language.
 * @template T
 * @param {Language} language
 * @param {T} english
 * @param {T} persian
 * @param {T} arabic
 * @returns {T}
 */
export function pick<T>(language: Language, english: T, persian: T, arabic: T): T;
/**
 * The text with its digits as a language writes them.
 * @param {Language} language
 * @param {unknown} text
 * @returns {string}
 */
export function digits(language: Language, text: unknown): string;
/**
 * The text with Persian and Arabic digits as 0 to 9, without asking the host.
 * @param {string} text
 * @returns {string}
 */
export function digitsToAscii(text: string): string;
/**
 * A language of the product.
 */
export type Language = "en" | "fa" | "ar";
