// How does an author test a plugin without WebAssembly? With rows written as plain values, in Node.

import { Batch, Layout, Writer } from "./columns.js";
import { host } from "./host.js";

/**
 * Calls one hook of `served`, which is what `serve` gave. `hook` is { point, name, object, reads, writes } with columns
 * as { name: kind }; `rows` are objects of values; `settings` as plain JSON.
 * Gives { rows: [{ field: value }], refusals, log } of before-save and computed-fields hooks.
 */
export function call(served, hook, rows, settings = {}) {
  const columns = (kinds) => Object.entries(kinds ?? {}).map(([name, kind]) => ({ name, kind }));
  const [reads, writes] = [columns(hook.reads), columns(hook.writes)];
  served.binding.bind([{ number: 0, object: "", ...hook, reads, writes }], JSON.stringify(settings));
  const writer = new Writer();
  for (const { name, kind } of reads) for (const row of rows) writer.push(kind, row[name], name);
  host.lines.length = 0;
  const batch = { rows: rows.length, ...writer.parts() };
  const answer = hook.point === "before-save"
    ? served.beforeSave.beforeSave(0, batch)
    : { patches: served.computedFields.compute(0, batch), refusals: [] };
  return { rows: patched(writes, answer.patches, rows.length), refusals: answer.refusals, log: [...host.lines] };
}

/** The new values by row. */
export function patched(writes, patches, count) {
  const rows = Array.from({ length: count }, () => ({}));
  let at = 0;
  patches.at.forEach((row, place) => {
    const { name, kind } = writes[patches.column[place]];
    const layout = new Layout([{ name, kind }]);
    const size = ({ decimal: 2, money: 3 }[kind] ?? 1) * 8;
    const isThere = (patches.present[place >> 3] >> (place & 7)) & 1;
    const cells = patches.cells.slice(at, at + size);
    rows[row][name] = isThere ? new Batch(layout, { rows: 1, cells, present: [1], text: patches.text }).value(0, 0) : null;
    at += size;
  });
  return rows;
}
