/**
 * Writes a line to the plugin's own log, which the administrator reads. It never reaches a record.
 * @param {unknown} message
 */
export function log(message: unknown): void;
/**
 * What the component exports for an author's class: its constructor gets the settings, its methods serve the hooks.
 * Export those of them that the manifest has, and `binding`.
 * @param {new (settings: Settings) => object} Plugin
 * @returns {Record<"binding" | "beforeSave" | "computedFields" | "fieldType" | "afterCommit" | "workflowAction"
 *   | "gamification" | "onReply", any>}
 */
export function serve(Plugin: new (settings: Settings) => object): Record<"binding" | "beforeSave" | "computedFields" | "fieldType" | "afterCommit" | "workflowAction" | "gamification" | "onReply", any>;
import { Settings } from "./settings.js";
