/* The mathematics of the triangle, and its readings in words. A point (g(x₁), g(x₂)) is a function on two
   equally likely inputs; the strong class is a line through the origin. */

export const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
export const minus = (a, b) => a.map((x, i) => x - b[i]);
export const along = (a, t, b) => a.map((x, i) => x + t * b[i]);
export const length = (a) => Math.hypot(...a);
export const clamp = (x, limit) => Math.max(-limit, Math.min(limit, x));
export const mean = (a, b) => dot(a, b) / 2; // the two inputs are equally likely
export const distance = (a, b) => mean(minus(a, b), minus(a, b));
export const direction = (angle) => [Math.cos(angle), Math.sin(angle)];
export const project = (a, u) => [dot(a, u) * u[0], dot(a, u) * u[1]];

export function measure({ weak, truth, angle }) {
  const u = direction(angle);
  const student = project(weak, u);
  const shadow = project(truth, u);
  const weakError = distance(weak, truth);
  const studentError = distance(student, truth);
  const misfit = distance(student, weak);
  const gain = weakError - studentError;
  const slack = gain - misfit;
  const correction = 2 * mean(minus(weak, student), minus(truth, shadow));
  const epsilon = distance(truth, shadow);
  const numbers = { "weak-error": weakError, "student-error": studentError, misfit, gain, slack, correction, epsilon };
  return { u, student, shadow, numbers };
}

export function show(value) {
  const text = Math.abs(value).toFixed(3);
  return value < 0 && Number(text) > 0 ? `−${text}` : text;
}

export function read(numbers, realizable) {
  const { gain, misfit, correction, epsilon } = numbers;
  if (misfit < 5e-4 && Math.abs(gain) < 5e-4) return "The weak model lies on the line, so the student copies it perfectly: no misfit, no gain.";
  if (realizable) return "The truth lies on the line, so the angle at the student is right and Pythagoras speaks: A² = C² + B², the gain is the misfit.";
  if (epsilon < 5e-4) return "The truth is free now. Drag it off the line, to either side.";
  if (gain < 0) return "Teacher and truth leave the line on the same side, and so far that the student is worse than its teacher: what it could not copy was true.";
  if (correction > 0) return "Teacher and truth leave the line on the same side: part of what the student could not copy was true, so it gains less than the misfit.";
  return "Teacher and truth leave the line on opposite sides: what the student could not copy was worse than useless, so it gains more than the misfit.";
}

export function judge(guess, gain) {
  const size = show(Math.abs(gain));
  if (Math.abs(gain) < 5e-4) return "Neither: they are equally far from it. Now drag w, and see.";
  const fact = gain > 0 ? `the student is closer; its error is smaller by ${size}` : `the teacher is closer; its error is smaller by ${size}`;
  const opening = guess ? ((guess === "student") === gain > 0 ? "Right: " : "Not this time: ") : "Here ";
  return `${opening}${fact}. Now drag w until the gain is zero: where must it be?`;
}
