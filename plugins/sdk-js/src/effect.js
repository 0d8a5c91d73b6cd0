// What shall happen after the commit? Effects as data, which the host performs through the same write path as everybody
// else; and what other systems answered.

import { bytesOf, textOf } from "./bytes.js";
import { Day, Decimal, Duration, Instant, Money } from "./values.js";

/** A record, also one that is not there yet. */
export class Target {
  /** @internal */
  constructor(tag, val) {
    this.tag = tag;
    this.val = val;
    Object.freeze(this);
  }

  /**
   * By its id. Where a target is wanted, the id alone does as well.
   * @param {string} id
   * @returns {Target}
   */
  static id(id) { return new Target("id", id); }
  /**
   * The record of a row of the batch.
   * @param {{ index: number }} row
   * @returns {Target}
   */
  static of(row) { return new Target("row", row.index); }
  /**
   * The record that an earlier effect of the same answer makes, by that effect's key.
   * @param {string} key
   * @returns {Target}
   */
  static made(key) { return new Target("made", key); }
}

/**
 * A value of a field: null is none, a text also an option's name or a record's id, an array or an object is JSON (phones,
 * addresses, person names, lists of options).
 * @typedef {null | boolean | number | bigint | string | Decimal | Day | Instant | Duration | Money | Target | object} Value
 */

const target = (which) => {
  const { tag, val } = which instanceof Target ? which : Target.id(which);
  return { tag, val };
};

/** Fields as the contract has them. What is undefined is left out. */
export function assignments(fields) {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([field, value]) => ({ field, value: scalar(field, value) }));
}

function scalar(field, value) {
  if (value === null) return { tag: "nothing" };
  if (typeof value === "boolean") return { tag: "boolean", val: value };
  if (typeof value === "string") return { tag: "text", val: value };
  // Beyond 2^53 a Number does not cross exactly; as a decimal it does.
  if (typeof value === "bigint") return { tag: "decimal", val: value.toString() };
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new TypeError(`${field}: ${value} is not exact, give a whole number or a Decimal`);
    return { tag: "integer", val: value };
  }
  if (value instanceof Decimal) return { tag: "decimal", val: value.toString() };
  if (value instanceof Day) return { tag: "date", val: value.days };
  if (value instanceof Instant) return { tag: "instant", val: Number(value.micros) };
  if (value instanceof Duration) return { tag: "duration", val: Number(value.micros) };
  if (value instanceof Money) {
    return { tag: "money", val: { amount: value.amount.toString(), currency: value.currency.code } };
  }
  if (value instanceof Target) return { tag: "reference", val: target(value) };
  return { tag: "structured", val: JSON.stringify(value) };
}

/**
 * A message to somebody: words (`text`, `subject`, `html`), or a template with the record that it speaks of.
 * @typedef {object} Message
 * @property {string | Target | { address: string, name?: string }} to A contact, a lead or an account, or an address; to
 *   an address a channel is needed.
 * @property {"email" | "sms" | "messenger" | "in_app" | "letter"} [channel] None leaves it to the recipient's wish, and
 *   needs the grant of all of them.
 * @property {string} [text]
 * @property {string} [subject]
 * @property {string} [html]
 * @property {string} [template] The template's name, in place of words.
 * @property {string | Target} [speaksOf] The record that the template speaks of; the recipient when left out.
 * @property {(string | Target)[]} [about] What it is about, besides its recipient.
 * @property {"service" | "marketing" | "required"} [purpose]
 * @property {"en" | "fa" | "ar"} [language]
 * @property {Instant} [sendAfter]
 * @property {Instant} [expiresAt]
 */

/**
 * A request to another system, which the host makes after the commit.
 * @typedef {object} Request
 * @property {string} url `https://…`, of a host that the manifest needs.
 * @property {"get" | "head" | "post" | "put" | "patch" | "delete"} [method] `get` when left out.
 * @property {Record<string, string>} [headers]
 * @property {string | Uint8Array} [body] At most 64 KiB.
 * @property {any} [json] In place of `body`: sent as JSON.
 * @property {number} [timeOut] Milliseconds; the host's own limit when left out, which is also the most.
 * @property {string} [replyTo] The `on-reply` hook that is told the answer.
 * @property {string} [context] Told again with the reply; at most 4 KiB.
 */

function message({ to, channel, text = "", subject = "", html = "", template, speaksOf, about = [], ...more }) {
  const isAddress = typeof to === "object" && !(to instanceof Target);
  if (template !== undefined && isAddress && speaksOf === undefined) {
    throw new TypeError(`template ${template} speaks of a record: name it under speaksOf`);
  }
  return {
    to: isAddress
      ? { tag: "address", val: { address: to.address, name: to.name ?? "" } }
      : { tag: "party", val: target(to) },
    channel: channel ?? null,
    content: template === undefined
      ? { tag: "words", val: { subject, text, html } }
      : { tag: "template", val: { template, about: target(speaksOf ?? to) } },
    about: about.map(target),
    purpose: more.purpose ?? null,
    language: more.language ?? null,
    sendAfter: more.sendAfter ? Number(more.sendAfter.micros) : null,
    expiresAt: more.expiresAt ? Number(more.expiresAt.micros) : null,
  };
}

function request({ url, method = "get", headers = {}, body = "", json, timeOut, replyTo, context = "" }) {
  const isJson = json !== undefined;
  const named = isJson ? { "content-type": "application/json", ...headers } : headers;
  return {
    method, url,
    headers: Object.entries(named).map(([name, value]) => ({ name, value })),
    body: bytesOf(isJson ? JSON.stringify(json) : body),
    timeOut: timeOut ?? null, replyTo: replyTo ?? null, context,
  };
}

/**
 * The effects of one record. Each has a key that makes it happen once: put into it what makes this occasion this one and
 * no other, such as the record's id, the reason and the day.
 */
export class Effects {
  /** @internal */
  constructor() {
    this.row = 0;
    this.list = [];
  }

  #add(key, tag, val) { this.list.push({ row: this.row, key, action: { tag, val } }); }

  /**
   * Creates a record.
   * @param {string} key
   * @param {string} object
   * @param {Record<string, Value | undefined>} fields
   */
  create(key, object, fields) { this.#add(key, "create", { object, fields: assignments(fields) }); }

  /**
   * Changes a record that exists, or that an earlier effect makes.
   * @param {string} key
   * @param {string | Target} which
   * @param {Record<string, Value | undefined>} fields
   */
  update(key, which, fields) { this.#add(key, "update", { which: target(which), fields: assignments(fields) }); }

  /**
   * Puts a record into the bin.
   * @param {string} key
   * @param {string | Target} which
   */
  delete(key, which) { this.#add(key, "delete", target(which)); }

  /**
   * Sends a message.
   * @param {string} key
   * @param {Message} what
   */
  send(key, what) { this.#add(key, "send", message(what)); }

  /**
   * Asks another system; the answer wakes the hook that the request names under `replyTo`.
   * @param {string} key
   * @param {Request} what
   */
  request(key, what) { this.#add(key, "request", request(what)); }

  /**
   * Keeps a value in the plugin's own store: text or bytes; null deletes the key.
   * @param {string} key
   * @param {string} name The key in the store.
   * @param {string | Uint8Array | null} value
   */
  keep(key, name, value) { this.#add(key, "store", { key: name, value: value === null ? null : bytesOf(value) }); }
}

/** What came of a request. */
export class Reply {
  /** @internal */
  constructor(hook, index, { key, context, about, answer }) {
    /** The hook's name in the manifest. @type {string} */
    this.hook = hook;
    /** Its place among the replies, so that `Target.of(reply)` is the record that caused the request. @type {number} */
    this.index = index;
    /** The key of the effect that asked. @type {string} */
    this.key = key;
    /** What the request gave to be told again. @type {string} */
    this.context = context;
    /** The id of the record that caused the request. @type {string} */
    this.about = about;
    const { tag, val } = answer;
    /** Why there is no response, in words; undefined where there is one. @type {string | undefined} */
    this.failed = tag === "failed" ? val : undefined;
    /** 200 and so on; 0 where there is no response. @type {number} */
    this.status = tag === "failed" ? 0 : val.status;
    /** By names in small letters. @type {Record<string, string>} */
    this.headers = {};
    if (tag !== "failed") for (const { name, value } of val.headers) this.headers[name.toLowerCase()] = value;
    /** @type {Uint8Array} */
    this.body = tag === "failed" ? new Uint8Array() : Uint8Array.from(val.body);
  }

  /** Whether there is a response and its status is 200 to 299. @returns {boolean} */
  get isOk() { return this.status >= 200 && this.status < 300; }
  /** The body as text. @returns {string} */
  text() { return textOf(this.body); }
  /** The body as JSON; undefined where it is none. */
  json() {
    try {
      return JSON.parse(this.text());
    } catch {
      return undefined;
    }
  }
}
