// The contract's `settings`. The build imports it only where the plugin's sources do: a component is linked with no more.

export { default as settings } from "peyvand:plugin/settings@0.1.0";
