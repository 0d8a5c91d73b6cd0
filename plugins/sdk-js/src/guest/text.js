// The contract's `text`. The build imports it only where the plugin's sources do: a component is linked with no more.

export { default as text } from "peyvand:plugin/text@0.1.0";
