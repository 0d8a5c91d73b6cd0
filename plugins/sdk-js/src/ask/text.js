// What do people write? `peyvand-plugin/text`: folding, digits, telephones and the days of three calendars, as the host
// does them. Tests in Node get something close.

import { text as host } from "../host/text.js";
import { Day } from "../values.js";

/** @typedef {"gregorian" | "jalali" | "hijri"} Calendar */
/** @typedef {{ year: number, month: number, day: number }} CalendarDay `month` is 1 to 12, `day` from 1. */

/**
 * The form in which two spellings are equal: case, the letters that Arabic and Persian write differently, digits, marks.
 * @param {string} text
 * @returns {string}
 */
export function fold(text) { return host.fold(text); }

/**
 * The text with Persian and Arabic digits as 0 to 9.
 * @param {string} text
 * @returns {string}
 */
export function asciiDigits(text) { return host.asciiDigits(text); }

/**
 * A telephone number in the international form, `+989121234567`; undefined where it is none. Without its country it is
 * one of `country`, its calling code (`98`); `trunk` is what is dialled before a number within it (`0`).
 * @param {string} number
 * @param {string} [country]
 * @param {string} [trunk]
 * @returns {string | undefined}
 */
export function phone(number, country = "98", trunk = "0") { return host.phone(number, country, trunk) ?? undefined; }

/**
 * What a calendar calls a day; undefined outside its years.
 * @param {Day} day
 * @param {Calendar} calendar
 * @returns {CalendarDay | undefined}
 */
export function inCalendar(day, calendar) { return host.inCalendar(day.days, calendar) ?? undefined; }

/**
 * The day of a date; undefined where the calendar has no such date.
 * @param {Calendar} calendar
 * @param {CalendarDay} date
 * @returns {Day | undefined}
 */
export function dayOf(calendar, date) {
  const days = host.dayOf(calendar, date);
  return typeof days === "number" ? new Day(days) : undefined;
}
