// What does every plugin ask of its host? The contract's own imports, and nothing of the machine.

import clock from "peyvand:plugin/clock@0.1.0";
import log from "peyvand:plugin/log@0.1.0";

export const core = {
  log: (line) => log.log(line),
  now: () => clock.now(),
  today: () => clock.today(),
};

// The clock and the dice of the engine inside would trap without a word.
const none = (what, instead) => () => {
  throw new Error(`a plugin has no ${what}: ${instead}`);
};
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) none("clock of its own", "take row.now() or row.today()")();
    super(...given);
  }
  static now = none("clock of its own", "take row.now() or row.today()");
};
Math.random = none("dice of its own", "take peyvand-plugin/random, which is the same when a request is played again");
