// What does a test's host know of what people write? As far as Node does; telephones and calendars by rule of thumb.

import { digitsToAscii } from "../language.js";

const DAY = 86_400_000;
const NAMES = { gregorian: "gregory", jalali: "persian", hijri: "islamic-umalqura" };

function inCalendar(day, calendar) {
  const format = new Intl.DateTimeFormat(`en-u-ca-${NAMES[calendar]}-nu-latn`, {
    year: "numeric", month: "numeric", day: "numeric", timeZone: "UTC",
  });
  const part = Object.fromEntries(format.formatToParts(day * DAY).map(({ type, value }) => [type, parseInt(value, 10)]));
  return { year: part.year ?? part.relatedYear, month: part.month, day: part.day };
}

export const text = {
  fold: (given) => digitsToAscii(given).toLowerCase().normalize("NFKC")
    .replace(/[يى]/g, "ی").replace(/ك/g, "ک").replace(/\p{M}/gu, "").replace(/\s+/g, " ").trim(),
  asciiDigits: digitsToAscii,
  phone(number, country, trunk) {
    const digits = digitsToAscii(number).replace(/[\s()-]/g, "");
    if (/^(\+|00)\d{7,15}$/.test(digits)) return `+${digits.replace(/^(\+|00)/, "")}`;
    const local = digits.startsWith(trunk) ? digits.slice(trunk.length) : digits;
    return /^\d{6,12}$/.test(local) ? `+${country}${local}` : null;
  },
  inCalendar,
  dayOf(calendar, { year, month, day }) {
    // Years are a little shorter than ours in one calendar and as long in the others: close by, then day by day.
    const guess = { gregorian: (year - 1970) * 365.2425, jalali: (year - 1348) * 365.2422 - 286, hijri: (year - 1389) * 354.367 - 289 };
    const near = Math.round(guess[calendar] + (month - 1) * 30 + day);
    for (let at = near - 40; at <= near + 40; at++) {
      const named = inCalendar(at, calendar);
      if (named.year === year && named.month === month && named.day === day) return at;
    }
    return null;
  },
};
