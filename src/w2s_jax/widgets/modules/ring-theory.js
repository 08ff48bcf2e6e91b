/* A ring of inputs whose teacher is wrong in blocks, and the majority of neighbors. */

/** @typedef {{ length: number, reach: number, seed: number }} State L, k, and 0 for even gaps */
/** @typedef {Record<"weak" | "student" | "misfit" | "gain" | "spoiled", number>} Shares */
/** @typedef {Shares & { inputs: number, votes: number }} Numbers votes: wrong ones in the window */

export const LIMITS = { length: [1, 12], reach: [0, 10], seed: [0, 999] };
const WRONG = 30; // inputs, or about so many: the ring holds whole blocks

/** @type {(name: keyof State, value: number) => number} */
export const clip = (name, value) =>
  Math.max(LIMITS[name][0], Math.min(LIMITS[name][1], Math.round(value)));

/* Where the teacher is wrong, from the first block's start on; a quarter of the ring. */
/** @type {(state: State) => boolean[]} */
export function blocks({ length, seed }) {
  const pieces = Math.round(WRONG / length);
  const gaps = Array(pieces).fill(seed ? 0 : 3 * length);
  let [x, at, toCome] = [seed, 0, seed ? 3 * length * pieces : 0];
  while (toCome) {
    x = (Math.imul(1664525, x) + 1013904223) >>> 0;
    const others = pieces - 1 - at;
    if ((x / 2 ** 32) * (others + toCome) < others) at += 1;
    else {
      gaps[at] += 1;
      toCome -= 1;
    }
  }
  return gaps.flatMap((gap) => Array.from({ length: length + gap }, (_, i) => i < length));
}

/* How many of the 2k + 1 about an input are wrong. */
/** @type {(wrong: boolean[], middle: number, reach: number) => number} */
export function votes(wrong, middle, reach) {
  const n = wrong.length;
  let found = 0;
  for (let i = middle - reach; i <= middle + reach; i++) found += Number(wrong[(i + n) % n]);
  return found;
}

/** @type {(wrong: boolean[], reach: number) => boolean[]} */
export const majority = (wrong, reach) => wrong.map((_, i) => votes(wrong, i, reach) > reach);

/** Between two inputs if the first block is even. @type {(state: State) => number} */
export const middleOf = ({ length }) => (length - 1) / 2;

/** @type {(state: State) => Numbers} */
export function count(state) {
  const wrong = blocks(state);
  const said = majority(wrong, state.reach);
  const inputs = wrong.length;
  /** @type {(test: (i: number) => boolean) => number} */
  const share = (test) => wrong.filter((_, i) => test(i)).length / inputs;
  const [weak, student] = [share((i) => wrong[i]), share((i) => said[i])];
  return {
    weak,
    student,
    inputs,
    gain: weak - student,
    misfit: share((i) => said[i] !== wrong[i]),
    spoiled: share((i) => said[i] && !wrong[i]),
    votes: votes(wrong, Math.floor(middleOf(state)), state.reach),
  };
}

/** @type {Record<string, State>} */
export const PRESETS = {
  "Short blocks": { length: 3, reach: 6, seed: 0 },
  "As long as k": { length: 6, reach: 6, seed: 0 },
  "One longer": { length: 7, reach: 6, seed: 0 },
  "Gaps by chance": { length: 4, reach: 6, seed: 1 },
};

/* A state as a text for the page's address, "4,6,0", and back. */
/** @type {(state: State) => string} */
export const pack = ({ length, reach, seed }) => `${length},${reach},${seed}`;

/** @type {(text: string) => State | null} */
export function unpack(text) {
  const found = /^(\d{1,3}),(\d{1,3}),(\d{1,3})$/.exec(text);
  if (!found) return null;
  const [length, reach, seed] = found.slice(1).map(Number);
  return { length: clip("length", length), reach: clip("reach", reach), seed };
}
