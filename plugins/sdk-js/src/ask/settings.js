// What is set right now? `peyvand-plugin/settings`: the host's own answer, for code that the constructor's settings do
// not reach.

import { settings as host } from "../host/settings.js";

/**
 * The value as JSON has it, a decimal as text; undefined where the manifest declares no such setting.
 * @param {string} name
 */
export function get(name) {
  const json = host.get(name) ?? undefined;
  return json === undefined ? undefined : JSON.parse(json);
}
