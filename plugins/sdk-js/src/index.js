// What does an author in JavaScript import?

export { Answer, Awards, Patch, Patches, Refused } from "./answer.js";
export { Effects, Reply, Target } from "./effect.js";
export { digits, digitsToAscii, languageOf, pick } from "./language.js";
export { Records, Row, now, today } from "./row.js";
export { log, serve } from "./serve.js";
export { Setting, Settings } from "./settings.js";
export { Currency, Day, Decimal, Duration, Instant, Money } from "./values.js";
