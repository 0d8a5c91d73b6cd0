// Do the declarations for editors name all that a module exports? `npm run types` writes them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const kit = new URL("../", import.meta.url);
const { exports } = JSON.parse(readFileSync(new URL("package.json", kit), "utf8"));

for (const [name, { types, default: source }] of Object.entries(exports)) {
  test(`${name} is declared`, async () => {
    const declared = readFileSync(new URL(types, kit), "utf8");
    for (const exported of Object.keys(await import(new URL(source, kit)))) {
      assert.match(declared, new RegExp(`\\b${exported}\\b`), `${types} lacks ${exported}: npm run types`);
    }
  });
}
