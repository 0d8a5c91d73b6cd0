// What does a plugin ask of its host while it is tested in Node? A component gets `host.guest.js` in its place.

export const host = {
  lines: [],
  micros: 1_774_051_200_000_000n,
  day: 20_533,
  log(line) { this.lines.push(line); },
  now() { return this.micros; },
  today() { return this.day; },
};
