// The contract's `store`. The build imports it only where the plugin's sources do: a component is linked with no more.

export { default as store } from "peyvand:plugin/store@0.1.0";
