/**
 * The value as JSON has it, a decimal as text; undefined where the manifest declares no such setting.
 * @param {string} name
 */
export function get(name: string): any;
