/* What the templates of the interactives share. */

/** @type {(words: string, more: string) => string} */
export const button = (words, more) => `<button type="button" ${more}>${words}</button>`;

/** A number, to be filled in. @type {(name: string) => string} */
export const output = (name) => `<output data-name="${name}" aria-live="off"></output>`;
