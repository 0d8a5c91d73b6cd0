/** Fields as the contract has them. What is undefined is left out. */
export function assignments(fields: any): {
    field: string;
    value: {
        tag: string;
        val?: undefined;
    } | {
        tag: string;
        val: boolean;
    } | {
        tag: string;
        val: string;
    } | {
        tag: string;
        val: number;
    } | {
        tag: string;
        val: {
            amount: string;
            currency: string;
        };
    } | {
        tag: string;
        val: {
            tag: any;
            val: any;
        };
    };
}[];
/** A record, also one that is not there yet. */
export class Target {
    /**
     * By its id. Where a target is wanted, the id alone does as well.
     * @param {string} id
     * @returns {Target}
     */
    static id(id: string): Target;
    /**
     * The record of a row of the batch.
     * @param {{ index: number }} row
     * @returns {Target}
     */
    static of(row: {
        index: number;
    }): Target;
    /**
     * The record that an earlier effect of the same answer makes, by that effect's key.
     * @param {string} key
     * @returns {Target}
     */
    static made(key: string): Target;
    /** @internal */
    constructor(tag: any, val: any);
    tag: any;
    val: any;
}
/**
 * The effects of one record. Each has a key that makes it happen once: put into it what makes this occasion this one and
 * no other, such as the record's id, the reason and the day.
 */
export class Effects {
    row: number;
    list: any[];
    /**
     * Creates a record.
     * @param {string} key
     * @param {string} object
     * @param {Record<string, Value | undefined>} fields
     */
    create(key: string, object: string, fields: Record<string, Value | undefined>): void;
    /**
     * Changes a record that exists, or that an earlier effect makes.
     * @param {string} key
     * @param {string | Target} which
     * @param {Record<string, Value | undefined>} fields
     */
    update(key: string, which: string | Target, fields: Record<string, Value | undefined>): void;
    /**
     * Puts a record into the bin.
     * @param {string} key
     * @param {string | Target} which
     */
    delete(key: string, which: string | Target): void;
    /**
     * Sends a message.
     * @param {string} key
     * @param {Message} what
     */
    send(key: string, what: Message): void;
    /**
     * Asks another system; the answer wakes the hook that the request names under `replyTo`.
     * @param {string} key
     * @param {Request} what
     */
    request(key: string, what: Request): void;
    /**
     * Keeps a value in the plugin's own store: text or bytes; null deletes the key.
     * @param {string} key
     * @param {string} name The key in the store.
     * @param {string | Uint8Array | null} value
     */
    keep(key: string, name: string, value: string | Uint8Array | null): void;
    #private;
}
/** What came of a request. */
export class Reply {
    /** @internal */
    constructor(hook: any, index: any, { key, context, about, answer }: {
        key: any;
        context: any;
        about: any;
        answer: any;
    });
    /** The hook's name in the manifest. @type {string} */
    hook: string;
    /** Its place among the replies, so that `Target.of(reply)` is the record that caused the request. @type {number} */
    index: number;
    /** The key of the effect that asked. @type {string} */
    key: string;
    /** What the request gave to be told again. @type {string} */
    context: string;
    /** The id of the record that caused the request. @type {string} */
    about: string;
    /** Why there is no response, in words; undefined where there is one. @type {string | undefined} */
    failed: string | undefined;
    /** 200 and so on; 0 where there is no response. @type {number} */
    status: number;
    /** By names in small letters. @type {Record<string, string>} */
    headers: Record<string, string>;
    /** @type {Uint8Array} */
    body: Uint8Array;
    /** Whether there is a response and its status is 200 to 299. @returns {boolean} */
    get isOk(): boolean;
    /** The body as text. @returns {string} */
    text(): string;
    /** The body as JSON; undefined where it is none. */
    json(): any;
}
/**
 * A message to somebody: words (`text`, `subject`, `html`), or a template with the record that it speaks of.
 */
export type Message = {
    /**
     * A contact, a lead or an account, or an address; to
     * an address a channel is needed.
     */
    to: string | Target | {
        address: string;
        name?: string;
    };
    /**
     * None leaves it to the recipient's wish, and
     * needs the grant of all of them.
     */
    channel?: "email" | "sms" | "messenger" | "in_app" | "letter";
    text?: string;
    subject?: string;
    html?: string;
    /**
     * The template's name, in place of words.
     */
    template?: string;
    /**
     * The record that the template speaks of; the recipient when left out.
     */
    speaksOf?: string | Target;
    /**
     * What it is about, besides its recipient.
     */
    about?: (string | Target)[];
    purpose?: "service" | "marketing" | "required";
    language?: "en" | "fa" | "ar";
    sendAfter?: Instant;
    expiresAt?: Instant;
};
/**
 * A request to another system, which the host makes after the commit.
 */
export type Request = {
    /**
     * `https://…`, of a host that the manifest needs.
     */
    url: string;
    /**
     * `get` when left out.
     */
    method?: "get" | "head" | "post" | "put" | "patch" | "delete";
    headers?: Record<string, string>;
    /**
     * At most 64 KiB.
     */
    body?: string | Uint8Array;
    /**
     * In place of `body`: sent as JSON.
     */
    json?: any;
    /**
     * Milliseconds; the host's own limit when left out, which is also the most.
     */
    timeOut?: number;
    /**
     * The `on-reply` hook that is told the answer.
     */
    replyTo?: string;
    /**
     * Told again with the reply; at most 4 KiB.
     */
    context?: string;
};
/**
 * A value of a field: null is none, a text also an option's name or a record's id, an array or an object is JSON (phones,
 * addresses, person names, lists of options).
 */
export type Value = null | boolean | number | bigint | string | Decimal | Day | Instant | Duration | Money | Target | object;
import { Instant } from "./values.js";
import { Decimal } from "./values.js";
import { Day } from "./values.js";
import { Duration } from "./values.js";
import { Money } from "./values.js";
