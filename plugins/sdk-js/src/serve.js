// How does a call of the contract reach the author's class?
//
// The author writes a class with a method for each kind of hook; `serve` makes of it what a component exports.

import { Batch, Layout, Writer } from "./columns.js";
import { host } from "./host.js";
import { Day, Decimal, Instant } from "./values.js";

/** The administrator's settings over the manifest's defaults. */
class Settings {
  constructor(json) { this.values = JSON.parse(json); }

  /** The value as JSON has it; a decimal is a text. */
  get(name) {
    if (!(name in this.values)) throw new Setting(name, "the manifest does not declare it");
    return this.values[name];
  }

  decimal(name) { return Decimal.of(this.get(name)); }
}

/** Thrown while a plugin is made: a setting cannot be used, and what to do. */
export class Setting extends Error {
  constructor(name, what) {
    super(`setting ${name}: ${what}`);
    this.setting = [name, what];
  }
}

/** Thrown by `validate` of a field type: a stable word, and what is wrong for a person. */
export class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** One call: its hook, its batch, and what the author asked for in vain. */
class Call {
  constructor(hook, batch) {
    this.hook = hook;
    this.batch = new Batch(hook.reads, batch);
    this.faults = new Set();
    this.at = [];
    this.column = [];
    this.writer = new Writer();
    this.refusals = [];
  }

  *rows() {
    for (let index = 0; index < this.batch.rows; index++) yield new Row(this, index);
  }

  set(row, name, value) {
    const place = this.hook.writes.places.get(name);
    if (place === undefined) {
      this.faults.add(`hook ${this.hook.name} sets ${name}, which its \`writes\` lack`);
      return;
    }
    this.writer.push(this.hook.writes.columns[place].kind, value, name);
    this.at.push(row);
    this.column.push(place);
  }

  refuse(row, name, code, message) {
    const place = name === null ? null : this.hook.reads.places.get(name) ?? null;
    if (name !== null && place === null) {
      this.faults.add(`hook ${this.hook.name} blames ${name}, which its \`reads\` lack`);
    }
    this.refusals.push({ row, column: place, code, message });
  }

  patches() {
    return { at: this.at, column: this.column, ...this.writer.parts() };
  }
}

/** One record. A field that is empty, or that the hook does not declare, is undefined. */
class Row {
  #call;
  #old;

  constructor(call, index, old = "") {
    this.#call = call;
    this.#old = old;
    this.index = index;
  }

  /** The hook's name in the manifest. */
  get hook() { return this.#call.hook.name; }
  /** The object whose record it is. */
  get object() { return this.#call.hook.object; }
  /** The same record before the change; its fields are declared as `old.stage`. */
  get old() { return new Row(this.#call, this.index, "old."); }

  /**
   * The value, whatever its kind: a boolean, a BigInt (integers and durations), Decimal, Day, Instant, Money or text
   * (options, references and e-mail addresses as well).
   */
  value(name) {
    const { hook, batch, faults } = this.#call;
    const place = hook.reads.places.get(this.#old + name);
    if (place !== undefined) return batch.value(place, this.index);
    faults.add(`hook ${hook.name} reads ${this.#old}${name}, which its \`reads\` lack`);
    return undefined;
  }

  /** A whole number as a Number; one beyond 2^53 is a RangeError, take `value` there. */
  integer(name) {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (!Number.isSafeInteger(Number(value))) throw new RangeError(`${name} is ${value}: take value("${name}"), a BigInt`);
    return Number(value);
  }

  /** A decimal number or a percentage; of a whole number as well. */
  decimal(name) {
    const value = this.value(name);
    return value === undefined ? undefined : Decimal.of(value);
  }

  text(name) { return this.value(name); }
  money(name) { return this.value(name); }
  boolean(name) { return this.value(name); }
  date(name) { return this.value(name); }
  instant(name) { return this.value(name); }

  /** A phone, an address, a person's name, a list of options. */
  json(name) {
    const text = this.value(name);
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** Whether the field has a value; blank text is none. */
  has(name) {
    const value = this.value(name);
    return value !== undefined && !(typeof value === "string" && /^(\s*|null|\[\]|\{\})$/.test(value));
  }

  /** The moment of the request, never the wall clock. */
  now() { return new Instant(host.now()); }
  /** The day of the request in the workspace's time zone. */
  today() { return new Day(host.today()); }
}

/** The answer to one record. */
class Answer {
  #call;
  #row;

  constructor(call, row) {
    this.#call = call;
    this.#row = row.index;
  }

  /** Sets a field; null empties it. A value of another kind is a TypeError. */
  set(name, value) {
    this.#call.set(this.#row, name, value);
    return this;
  }

  /** Refuses the record: because of a field, or (null) as a whole. */
  refuse(name, code, message) { this.#call.refuse(this.#row, name, code, message); }
}

/** Effects of one record, as the contract has them. */
class Effects {
  constructor() { this.list = []; }

  create(row, key, object, fields) {
    this.list.push({ row: row.index, key, action: { tag: "create", val: { object, fields: assignments(fields) } } });
  }

  update(row, key, id, fields) {
    this.list.push({ row: row.index, key, action: { tag: "update", val: { id, fields: assignments(fields) } } });
  }
}

function assignments(fields) {
  return Object.entries(fields).map(([field, value]) => ({ field, value: scalar(value) }));
}

function scalar(value) {
  if (typeof value === "boolean") return { tag: "boolean", val: value };
  if (value instanceof Decimal) return { tag: "decimal", val: value.toString() };
  if (value instanceof Day) return { tag: "date", val: value.days };
  // Beyond 2^53 a Number does not cross exactly; as a decimal it does.
  if (typeof value === "bigint") return { tag: "decimal", val: value.toString() };
  if (Number.isSafeInteger(value)) return { tag: "integer", val: value };
  if (value instanceof Instant) return { tag: "instant", val: Number(value.micros) };
  if (typeof value === "string") return { tag: "text", val: value };
  throw new TypeError("a field of an effect is a text, a boolean, a whole number, a Decimal, a Day or an Instant");
}

/** What the component exports for an author's class: its constructor gets the settings, its methods serve the hooks. */
export function serve(Plugin) {
  let plugin;
  let hooks = new Map();

  const told = (work) => {
    try {
      return work();
    } catch (error) {
      // A trap takes the message along; the last line of the log is told with it.
      host.log(describe(error));
      throw error;
    }
  };
  const called = (work) => (number, batch, ...more) => told(() => {
    const call = new Call(hooks.get(number), batch);
    const answer = work(call, ...more);
    call.faults.forEach((fault) => host.log(fault));
    return answer;
  });

  return {
    binding: {
      bind(given, settings) {
        try {
          hooks = new Map(given.map((hook) => [hook.number, bound(Plugin, hook)]));
          plugin = new Plugin(new Settings(settings));
        } catch (error) {
          throw bindError(error);
        }
      },
    },
    beforeSave: {
      beforeSave: called((call) => {
        for (const row of call.rows()) plugin.beforeSave(row, new Answer(call, row));
        return { patches: call.patches(), refusals: call.refusals, children: [], store: [] };
      }),
    },
    computedFields: {
      compute: called((call) => {
        for (const row of call.rows()) plugin.compute(row, new Answer(call, row));
        return call.patches();
      }),
    },
    fieldType: {
      normalise: called((call) => {
        for (const row of call.rows()) {
          const text = row.text("value");
          const canonical = plugin.normalise(text, call.hook.name);
          if (canonical !== text) call.set(row.index, "value", canonical);
        }
        return call.patches();
      }),
      validate: called((call) => {
        for (const row of call.rows()) {
          try {
            plugin.validate(row.text("value"), call.hook.name);
          } catch (error) {
            if (!(error instanceof Refused)) throw error;
            call.refuse(row.index, "value", error.code, error.message);
          }
        }
        return call.refusals;
      }),
      format: called((call, locale) =>
        [...call.rows()].map((row) => plugin.format(row.text("value"), call.hook.name, locale))),
    },
    afterCommit: {
      afterCommit: called((call) => {
        const effects = new Effects();
        for (const row of call.rows()) plugin.afterCommit(row, effects);
        return effects.list;
      }),
    },
    workflowAction: {
      perform: called((call, parameters) => {
        const effects = new Effects();
        for (const row of call.rows()) plugin.perform(row, JSON.parse(parameters), effects);
        return effects.list;
      }),
    },
    gamification: {
      score: called((call) => {
        const [reasons, at, points, reason] = [Plugin.reasons[call.hook.name] ?? [], [], [], []];
        for (const row of call.rows()) {
          plugin.score(row, (name, given) => {
            const place = reasons.indexOf(name);
            if (place < 0) throw new TypeError(`hook ${call.hook.name} gives points for ${name}, which its reasons lack`);
            at.push(row.index);
            points.push(given);
            reason.push(place);
          });
        }
        return { at, points, reason };
      }),
    },
  };
}

const METHODS = {
  "before-save": "beforeSave", "computed-fields": "compute", "field-type": "validate", "after-commit": "afterCommit",
  "workflow-action": "perform", gamification: "score",
};

function bound(Plugin, hook) {
  if (typeof Plugin.prototype[METHODS[hook.point]] !== "function") {
    throw { tag: "unknown-hook", val: `${hook.point} ${hook.name}` };
  }
  const { number, name, object } = hook;
  return { number, name, object, reads: new Layout(hook.reads), writes: new Layout(hook.writes) };
}

function bindError(error) {
  if (error.tag) return error;
  if (error instanceof Setting) return { tag: "setting", val: error.setting };
  return { tag: "other", val: describe(error) };
}

/** The message and where it came from, in one line. */
function describe(error) {
  const place = /\(?\/?([\w.\/-]+:\d+:\d+)\)?/.exec(error?.stack ?? "");
  return `${error?.name ?? "thrown"}: ${error?.message ?? String(error)}${place ? ` at ${place[1]}` : ""}`;
}
