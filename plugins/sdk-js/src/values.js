// Which plain values does a plugin see? Numbers, days, moments and money: exact, and the same as in the Rust kit.

const ONE = 1_000_000_000n;
const MICROS_PER_DAY = 86_400_000_000n;
const MILLIS_PER_DAY = 86_400_000;

/** An exact decimal number with nine places, counted in billionths. */
export class Decimal {
  /** @param {bigint | number | string} billionths */
  constructor(billionths) {
    this.billionths = BigInt(billionths);
    Object.freeze(this);
  }

  /**
   * Of a whole number, a text such as "-12.50", or another Decimal. A fraction as a Number is refused: it is not exact.
   * @param {Decimal | bigint | number | string} value
   * @returns {Decimal}
   */
  static of(value) {
    if (value instanceof Decimal) return value;
    if (typeof value === "bigint") return new Decimal(value * ONE);
    if (Number.isSafeInteger(value)) return new Decimal(BigInt(value) * ONE);
    const parts = typeof value === "string" && /^(-?)(\d+)(?:\.(\d{1,9}))?$/.exec(value);
    if (!parts) throw new TypeError(`${value} is no exact decimal number: give a whole number or a text such as "-12.50"`);
    const size = BigInt(parts[2]) * ONE + BigInt((parts[3] ?? "").padEnd(9, "0"));
    return new Decimal(parts[1] ? -size : size);
  }

  /**
   * @param {Decimal | bigint | number | string} other
   * @returns {Decimal}
   */
  plus(other) { return new Decimal(this.billionths + Decimal.of(other).billionths); }
  /**
   * @param {Decimal | bigint | number | string} other
   * @returns {Decimal}
   */
  minus(other) { return new Decimal(this.billionths - Decimal.of(other).billionths); }
  /**
   * Cut after nine places.
   * @param {Decimal | bigint | number | string} other
   * @returns {Decimal}
   */
  times(other) { return new Decimal((this.billionths * Decimal.of(other).billionths) / ONE); }
  /**
   * Cut after nine places.
   * @param {Decimal | bigint | number | string} other
   * @returns {Decimal}
   */
  dividedBy(other) { return new Decimal((this.billionths * ONE) / Decimal.of(other).billionths); }
  /**
   * Less than 0, 0 or more than 0, as in a comparison for sorting.
   * @param {Decimal | bigint | number | string} other
   * @returns {number}
   */
  compare(other) {
    const [one, two] = [this.billionths, Decimal.of(other).billionths];
    return one < two ? -1 : Number(one > two);
  }
  isWhole() { return this.billionths % ONE === 0n; }
  /** The whole part, cut towards zero. */
  truncated() { return this.billionths / ONE; }

  toString() {
    const size = this.billionths < 0n ? -this.billionths : this.billionths;
    const places = (size % ONE).toString().padStart(9, "0").replace(/0+$/, "");
    return `${this.billionths < 0n ? "-" : ""}${size / ONE}${places && `.${places}`}`;
  }
}

/** The three letters of an ISO 4217 currency. */
export class Currency {
  /** @param {string} code */
  constructor(code) {
    if (!/^[A-Z]{3}$/.test(code)) throw new TypeError(`${code} is no currency: give three capital letters`);
    this.code = code;
    Object.freeze(this);
  }
  toString() { return this.code; }
}

/** An amount in a currency. */
export class Money {
  /**
   * @param {Decimal | bigint | number | string} amount
   * @param {Currency | string} currency
   */
  constructor(amount, currency) {
    this.amount = Decimal.of(amount);
    this.currency = currency instanceof Currency ? currency : new Currency(currency);
    Object.freeze(this);
  }
  toString() { return `${this.amount} ${this.currency}`; }
}

/** A day without a zone: days since 1970-01-01. */
export class Day {
  /** @param {bigint | number} days */
  constructor(days) {
    this.days = Number(days);
    if (!Number.isSafeInteger(this.days)) throw new TypeError(`${days} is no day`);
    Object.freeze(this);
  }

  /**
   * The day of a text such as "2026-03-21".
   * @param {string} text
   * @returns {Day}
   */
  static of(text) {
    const millis = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
    if (Number.isNaN(millis)) throw new TypeError(`${text} is no day: write it as 2026-03-21`);
    return new Day(millis / MILLIS_PER_DAY);
  }

  /**
   * The day so many days later.
   * @param {number} days
   * @returns {Day}
   */
  plus(days) { return new Day(this.days + days); }
  /**
   * How many days later than another this one is.
   * @param {Day} other
   * @returns {number}
   */
  since(other) { return this.days - other.days; }
  /** 1 is Monday, 7 is Sunday. */
  weekday() { return ((((this.days + 3) % 7) + 7) % 7) + 1; }
  toString() { return new Date(this.days * MILLIS_PER_DAY).toISOString().slice(0, 10); }
}

/** A moment: microseconds since 1970-01-01T00:00:00Z, as a BigInt. */
export class Instant {
  /** @param {bigint | number} micros */
  constructor(micros) {
    this.micros = BigInt(micros);
    Object.freeze(this);
  }
  /** The day in UTC. Where the day matters to a person, take `row.today()`, which is the workspace's. */
  day() {
    const days = this.micros / MICROS_PER_DAY;
    return new Day(days * MICROS_PER_DAY > this.micros ? days - 1n : days);
  }
  /**
   * The moment so much later.
   * @param {Duration} length
   * @returns {Instant}
   */
  plus(length) { return new Instant(this.micros + length.micros); }
  /**
   * How much later than another this one is.
   * @param {Instant} other
   * @returns {Duration}
   */
  since(other) { return new Duration(this.micros - other.micros); }
  toString() { return new Date(Number(this.micros / 1000n)).toISOString(); }
}

const LENGTHS = { days: MICROS_PER_DAY, hours: 3_600_000_000n, minutes: 60_000_000n, seconds: 1_000_000n };

/** A length of time: microseconds, as a BigInt. */
export class Duration {
  /** @param {bigint | number} micros */
  constructor(micros) {
    this.micros = BigInt(micros);
    Object.freeze(this);
  }

  /**
   * Of whole days, hours, minutes and seconds.
   * @param {{ days?: number, hours?: number, minutes?: number, seconds?: number }} parts
   * @returns {Duration}
   */
  static of(parts) {
    const sizes = Object.entries(parts).map(([name, count]) => BigInt(count) * LENGTHS[name]);
    return new Duration(sizes.reduce((sum, size) => sum + size, 0n));
  }

  /** The whole seconds, cut towards zero. */
  seconds() { return Number(this.micros / 1_000_000n); }
  toString() { return `${Number(this.micros) / 1e6} s`; }
}
