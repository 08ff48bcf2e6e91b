/* Points as lists of numbers. */

export const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
export const minus = (a, b) => a.map((x, i) => x - b[i]);
export const along = (a, t, b) => a.map((x, i) => x + t * b[i]);
export const length = (a) => Math.hypot(...a);
export const clamp = (x, limit) => Math.max(-limit, Math.min(limit, x));
export const direction = (angle) => [Math.cos(angle), Math.sin(angle)];
export const across = ([x, y]) => [-y, x]; // a quarter turn to the left
