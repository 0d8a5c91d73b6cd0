// How does a call of the contract reach the author's class?
//
// The author writes a class with a method for each kind of hook; `serve` makes of it what a component exports.

import { Answer, Awards, Patch, Patches, Refused } from "./answer.js";
import { Batch, Layout, Writer } from "./columns.js";
import { Effects, Reply } from "./effect.js";
import { core } from "./host/core.js";
import { Records } from "./row.js";
import { Setting, Settings } from "./settings.js";

const NOTHING = { rows: 0, cells: new Uint8Array(), present: new Uint8Array(), text: new Uint8Array() };

/** One call: its hook, its batch, and what is answered or was asked for in vain. */
class Call {
  constructor(hook, batch) {
    this.hook = hook;
    this.batch = new Batch(hook.reads, batch);
    this.records = new Records(this);
    this.faults = new Set();
    this.at = [];
    this.column = [];
    this.writer = new Writer();
    this.refusals = [];
    this.children = [];
    this.kept = [];
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

/**
 * Writes a line to the plugin's own log, which the administrator reads. It never reaches a record.
 * @param {unknown} message
 */
export function log(message) { core.log(String(message)); }

/** The hooks' batches, each asked of the author's methods. */
const POINTS = {
  "before-save": {
    method: "beforeSave", exported: "beforeSave", functions: {
      beforeSave(plugin, call) {
        for (const row of call.records) plugin.beforeSave(row, new Answer(call, row));
        return { patches: call.patches(), refusals: call.refusals, children: call.children, store: call.kept };
      },
    },
  },
  "computed-fields": {
    method: "compute", whole: "computeAll", exported: "computedFields", functions: {
      compute(plugin, call) {
        if (plugin.computeAll) plugin.computeAll(call.records, new Patches(call));
        else for (const row of call.records) plugin.compute(row, new Patch(call, row));
        return call.patches();
      },
    },
  },
  "field-type": {
    method: "validate", exported: "fieldType", functions: {
      normalise(plugin, call) {
        for (const row of call.records) {
          const text = row.text("value");
          const canonical = text === undefined ? undefined : plugin.normalise?.(text, call.hook.name);
          if (canonical !== undefined && canonical !== text) call.set(row.index, "value", canonical);
        }
        return call.patches();
      },
      validate(plugin, call) {
        for (const row of call.records) {
          try {
            if (row.text("value") !== undefined) plugin.validate(row.text("value"), call.hook.name);
          } catch (error) {
            if (!(error instanceof Refused)) throw error;
            call.refuse(row.index, "value", error.code, error.message);
          }
        }
        return call.refusals;
      },
      format: (plugin, call, locale) => [...call.records].map((row) => {
        const text = row.text("value") ?? "";
        return text && plugin.format ? plugin.format(text, call.hook.name, locale) : text;
      }),
    },
  },
  "after-commit": {
    method: "afterCommit", exported: "afterCommit", functions: {
      afterCommit: (plugin, call) => each(call.records, (row, effects) => plugin.afterCommit(row, effects)),
    },
  },
  "workflow-action": {
    method: "perform", exported: "workflowAction", functions: {
      perform(plugin, call, parameters) {
        const given = JSON.parse(parameters);
        return each(call.records, (row, effects) => plugin.perform(row, given, effects));
      },
    },
  },
  gamification: {
    method: "score", whole: "scoreAll", exported: "gamification", functions: {
      score(plugin, call) {
        const awards = new Awards(call, plugin.constructor.reasons?.[call.hook.name] ?? []);
        if (plugin.scoreAll) plugin.scoreAll(call.records, awards);
        else {
          for (const row of call.records) {
            awards.row = row.index;
            plugin.score(row, awards);
          }
        }
        return { at: awards.at, points: awards.points, reason: awards.reason };
      },
    },
  },
  "on-reply": {
    method: "onReply", exported: "onReply", functions: {
      onReply: (plugin, call, replies) => each(
        replies.map((reply, index) => new Reply(call.hook.name, index, reply)),
        (reply, effects) => plugin.onReply(reply, effects),
      ),
    },
  },
};

function each(causes, work) {
  const effects = new Effects();
  for (const cause of causes) {
    effects.row = cause.index;
    work(cause, effects);
  }
  return effects.list;
}

/**
 * What the component exports for an author's class: its constructor gets the settings, its methods serve the hooks.
 * Export those of them that the manifest has, and `binding`.
 * @param {new (settings: Settings) => object} Plugin
 * @returns {Record<"binding" | "beforeSave" | "computedFields" | "fieldType" | "afterCommit" | "workflowAction"
 *   | "gamification" | "onReply", any>}
 */
export function serve(Plugin) {
  let plugin;
  let hooks = new Map();

  const served = (work, withoutRecords) => (number, ...given) => {
    try {
      const call = new Call(hooks.get(number), withoutRecords ? NOTHING : given.shift());
      const answer = work(plugin, call, ...given);
      call.faults.forEach((fault) => core.log(fault));
      return answer;
    } catch (error) {
      // A trap takes the message along; the last line of the log is told with it.
      core.log(describe(error));
      throw error;
    }
  };
  const exported = {
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
  };
  for (const [point, { exported: name, functions }] of Object.entries(POINTS)) {
    const named = Object.entries(functions).map(([call, work]) => [call, served(work, point === "on-reply")]);
    exported[name] = Object.fromEntries(named);
  }
  return /** @type {any} */ (exported);
}

function bound(Plugin, hook) {
  const { number, point, name, object } = hook;
  const { method, whole } = POINTS[point] ?? {};
  const has = [method, whole].some((wanted) => wanted && typeof Plugin.prototype[wanted] === "function");
  if (!has || Plugin.serves?.(point, name) === false) throw { tag: "unknown-hook", val: `${point} ${name}` };
  return { number, name, object, reads: new Layout(hook.reads), writes: new Layout(hook.writes) };
}

function bindError(error) {
  if (error?.tag) return error;
  if (error instanceof Setting) return { tag: "setting", val: error.setting };
  return { tag: "other", val: describe(error) };
}

/** The message and where it came from, in one line. */
function describe(error) {
  const place = /\(?\/?([\w.\/-]+:\d+:\d+)\)?/.exec(error?.stack ?? "");
  return `${error?.name ?? "thrown"}: ${error?.message ?? String(error)}${place ? ` at ${place[1]}` : ""}`;
}
