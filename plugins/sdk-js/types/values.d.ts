/** An exact decimal number with nine places, counted in billionths. */
export class Decimal {
    /**
     * Of a whole number, a text such as "-12.50", or another Decimal. A fraction as a Number is refused: it is not exact.
     * @param {Decimal | bigint | number | string} value
     * @returns {Decimal}
     */
    static of(value: Decimal | bigint | number | string): Decimal;
    /** @param {bigint | number | string} billionths */
    constructor(billionths: bigint | number | string);
    billionths: bigint;
    /**
     * @param {Decimal | bigint | number | string} other
     * @returns {Decimal}
     */
    plus(other: Decimal | bigint | number | string): Decimal;
    /**
     * @param {Decimal | bigint | number | string} other
     * @returns {Decimal}
     */
    minus(other: Decimal | bigint | number | string): Decimal;
    /**
     * Cut after nine places.
     * @param {Decimal | bigint | number | string} other
     * @returns {Decimal}
     */
    times(other: Decimal | bigint | number | string): Decimal;
    /**
     * Cut after nine places.
     * @param {Decimal | bigint | number | string} other
     * @returns {Decimal}
     */
    dividedBy(other: Decimal | bigint | number | string): Decimal;
    /**
     * Less than 0, 0 or more than 0, as in a comparison for sorting.
     * @param {Decimal | bigint | number | string} other
     * @returns {number}
     */
    compare(other: Decimal | bigint | number | string): number;
    isWhole(): boolean;
    /** The whole part, cut towards zero. */
    truncated(): bigint;
    toString(): string;
}
/** The three letters of an ISO 4217 currency. */
export class Currency {
    /** @param {string} code */
    constructor(code: string);
    code: string;
    toString(): string;
}
/** An amount in a currency. */
export class Money {
    /**
     * @param {Decimal | bigint | number | string} amount
     * @param {Currency | string} currency
     */
    constructor(amount: Decimal | bigint | number | string, currency: Currency | string);
    amount: Decimal;
    currency: Currency;
    toString(): string;
}
/** A day without a zone: days since 1970-01-01. */
export class Day {
    /**
     * The day of a text such as "2026-03-21".
     * @param {string} text
     * @returns {Day}
     */
    static of(text: string): Day;
    /** @param {bigint | number} days */
    constructor(days: bigint | number);
    days: number;
    /**
     * The day so many days later.
     * @param {number} days
     * @returns {Day}
     */
    plus(days: number): Day;
    /**
     * How many days later than another this one is.
     * @param {Day} other
     * @returns {number}
     */
    since(other: Day): number;
    /** 1 is Monday, 7 is Sunday. */
    weekday(): number;
    toString(): string;
}
/** A moment: microseconds since 1970-01-01T00:00:00Z, as a BigInt. */
export class Instant {
    /** @param {bigint | number} micros */
    constructor(micros: bigint | number);
    micros: bigint;
    /** The day in UTC. Where the day matters to a person, take `row.today()`, which is the workspace's. */
    day(): Day;
    /**
     * The moment so much later.
     * @param {Duration} length
     * @returns {Instant}
     */
    plus(length: Duration): Instant;
    /**
     * How much later than another this one is.
     * @param {Instant} other
     * @returns {Duration}
     */
    since(other: Instant): Duration;
    toString(): string;
}
/** A length of time: microseconds, as a BigInt. */
export class Duration {
    /**
     * Of whole days, hours, minutes and seconds.
     * @param {{ days?: number, hours?: number, minutes?: number, seconds?: number }} parts
     * @returns {Duration}
     */
    static of(parts: {
        days?: number;
        hours?: number;
        minutes?: number;
        seconds?: number;
    }): Duration;
    /** @param {bigint | number} micros */
    constructor(micros: bigint | number);
    micros: bigint;
    /** The whole seconds, cut towards zero. */
    seconds(): number;
    toString(): string;
}
