/* Keeps a state in step with the model that has its keys. */

/**
 * @template {Record<string, any>} State
 * @param {any} model
 * @param {readonly (keyof State & string)[]} keys
 * @param {() => void} changed called when the model has news
 */
export function inStep(model, keys, changed) {
  let own = false; // what a view writes is no news to it
  let queued = false;
  function hear() {
    if (own || queued) return;
    queued = true; // several keys may change together: read them once, when all are there
    queueMicrotask(() => {
      queued = false;
      changed();
    });
  }
  for (const key of keys) model.on(`change:${key}`, hear);
  return {
    /** @type {() => State} */
    read: () => /** @type {any} */ (Object.fromEntries(keys.map((key) => [key, model.get(key)]))),
    /** @type {(state: State) => void} */
    write(state) {
      own = true;
      for (const key of keys) model.set(key, state[key]);
      own = false;
      model.save_changes();
    },
    end() {
      for (const key of keys) model.off(`change:${key}`, hear);
    },
  };
}
