// The contract's `records`. The build imports it only where the plugin's sources do: a component is linked with no more.

export { default as records } from "peyvand:plugin/records@0.1.0";
