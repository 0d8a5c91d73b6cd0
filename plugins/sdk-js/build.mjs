// How does a plugin's folder become a component? `node build.mjs [folder]` writes build/component.wasm there.
//
// The sources, this kit and the contract are put together under build/, since the compiler reads nothing outside of one
// folder. The world follows from the hooks of plugin.toml. `peyvand plugin build` runs it and adds the manifest.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const kit = dirname(fileURLToPath(import.meta.url));
const folder = resolve(process.argv[2] ?? ".");
const build = join(folder, "build");

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** The contract: beside the kit where it was copied with a new plugin, else in the repository. */
function contract() {
  const found = [join(kit, "wit"), join(kit, "..", "..", "wit", "v0.1")].find(existsSync);
  return found ?? fail(`there is no contract beside ${kit}: copy wit/v0.1 into ${join(kit, "wit")}`);
}

function compiler() {
  try {
    const found = createRequire(join(folder, "package.json")).resolve("componentize-qjs");
    return join(dirname(found), "cli.mjs");
  } catch {
    return fail("componentize-qjs is not installed: run `npm install` in the plugin's folder");
  }
}

/** The parts of the host that the plugin's own sources ask: `peyvand-plugin/records` and so on. */
function asked() {
  const parts = new Set();
  for (const name of readdirSync(join(folder, "src"), { recursive: true })) {
    if (!/\.m?js$/.test(name)) continue;
    const source = readFileSync(join(folder, "src", name), "utf8");
    for (const [, part] of source.matchAll(/\b(?:from|import)\s*\(?\s*["']peyvand-plugin\/([a-z]+)["']/g)) parts.add(part);
  }
  const given = readdirSync(join(kit, "src", "guest")).map((name) => name.replace(/\.js$/, "")).filter((name) => name !== "core");
  const foreign = [...parts].find((part) => !given.includes(part));
  if (foreign) fail(`src imports peyvand-plugin/${foreign}, which a plugin has not: there are ${given.join(", ")}`);
  return [...parts].sort();
}

function world() {
  const manifest = readFileSync(join(folder, "plugin.toml"), "utf8");
  const points = new Set([...manifest.matchAll(/^\s*point\s*=\s*"([a-z-]+)"/gm)].map((found) => found[1]));
  // Not the contract's own worlds: a component imports all that its world names, and a call of one that does not read
  // records or its store pays nothing for them.
  const imported = ["clock", "log", ...asked()].map((part) => `    import peyvand:plugin/${part}@0.1.0;`);
  // A plugin that brings data and has no hook exports `binding` alone.
  const exported = ["binding", ...[...points].sort()].map((point) => `    export peyvand:plugin/${point}@0.1.0;`);
  return ["package local:plugin;", "", "world plugin {", ...imported, ...exported, "}", ""].join("\n");
}

rmSync(build, { recursive: true, force: true });
const copied = join(build, "node_modules", "peyvand-plugin");
mkdirSync(join(build, "wit", "deps"), { recursive: true });
cpSync(join(folder, "src"), join(build, "src"), { recursive: true });
cpSync(contract(), join(build, "wit", "deps", "peyvand"), { recursive: true });
cpSync(join(kit, "src"), join(copied, "src"), { recursive: true });
cpSync(join(kit, "package.json"), join(copied, "package.json"));
rmSync(join(copied, "src", "host"), { recursive: true });
renameSync(join(copied, "src", "guest"), join(copied, "src", "host"));
writeFileSync(join(build, "wit", "plugin.wit"), world());

try {
  execFileSync(process.execPath, [
    compiler(), "--wit", "wit", "--world", "plugin", "--js", "src/plugin.js", "--module-root", ".",
    "--stub-wasi", "--sync", "--opt-size", "--output", "component.wasm",
  ], { cwd: build, encoding: "utf8", stdio: "pipe" });
} catch (error) {
  fail(`${error.stdout ?? ""}${error.stderr ?? error.message}`.trim());
}
