// What does a test's host draw? Bytes that count up, so that tests give the same each time.

import { world } from "./world.js";

export const random = {
  bytes: (count) => Uint8Array.from({ length: count }, () => Number(++world.drawn & 255n)),
};
