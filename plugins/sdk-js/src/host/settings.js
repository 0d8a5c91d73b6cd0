// Which settings does a test's host know? Those that the test gave.

import { world } from "./world.js";

export const settings = {
  get: (name) => (name in world.settings ? JSON.stringify(world.settings[name]) : null),
};
