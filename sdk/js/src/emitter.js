// Listeners by name. One that throws is reported like any uncaught error and stops nobody else.
export class Emitter {
  #listeners = new Map();

  // Returns the function that takes the listener off again.
  on(name, listener) {
    if (typeof listener !== 'function') throw new TypeError(`the listener of "${name}" is no function`);
    const added = { listener };
    this.#listeners.set(name, [...this.#listeners.get(name) ?? [], added]);
    return () => this.#listeners.set(name, this.#listeners.get(name).filter((one) => one !== added));
  }

  emit(name, value) {
    for (const { listener } of this.#listeners.get(name) ?? []) {
      try {
        listener(value);
      } catch (error) {
        report(error);
      }
    }
  }
}

// Browsers have reportError; elsewhere the next turn throws it.
function report(error) {
  if (globalThis.reportError) globalThis.reportError(error);
  else queueMicrotask(() => { throw error; });
}
