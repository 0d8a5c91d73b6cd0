// What does every plugin ask of its host while it is tested in Node? A component gets `guest/core.js` in its place.

import { world } from "./world.js";

export const core = {
  log: (line) => { world.lines.push(line); },
  now: () => world.micros,
  today: () => world.day,
};
