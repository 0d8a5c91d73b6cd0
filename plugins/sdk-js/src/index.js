// What does an author in JavaScript import?

export { Currency, Day, Decimal, Instant, Money } from "./values.js";
export { Refused, Setting, serve } from "./serve.js";
