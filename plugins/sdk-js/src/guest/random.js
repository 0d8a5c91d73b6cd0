// The contract's `random`. The build imports it only where the plugin's sources do: a component is linked with no more.

export { default as random } from "peyvand:plugin/random@0.1.0";
