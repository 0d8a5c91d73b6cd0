// Which records does a test's host give?

import { found, selection, world } from "./world.js";

export const records = {
  get(object, ids, fields) {
    const rows = ids.map((id) => world.records.get(`${object} ${id}`));
    return { selected: selection(fields, rows), found: Uint8Array.from(rows, (row) => Number(row !== undefined)) };
  },
  query({ object, filter, fields, limit, after }) {
    const [all, from] = [found(object, filter), Number(after ?? 0)];
    const next = from + limit < all.length ? String(from + limit) : null;
    return { selected: selection(fields, all.slice(from, from + limit)), next };
  },
  count: (object, filter) => found(object, filter).length,
};
