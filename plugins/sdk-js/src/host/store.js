// What does a test's host remember for a plugin?

import { world } from "./world.js";

export const store = {
  get: (key) => world.store.get(key) ?? null,
  scan: (prefix, after, limit) => [...world.store]
    .filter(([key]) => key.startsWith(prefix) && (after === null || key > after))
    .sort(([one], [two]) => (one < two ? -1 : 1))
    .slice(0, limit)
    .map(([key, value]) => ({ key, value })),
};
