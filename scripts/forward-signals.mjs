/**
 * A program that runs in our place: it gets our signals, and its end is ours.
 * Plain JavaScript: `npm start` runs it on the system's Node.
 */

/** @param {import('node:child_process').ChildProcess} child */
export function standInFor(child) {
  /** @type {Set<NodeJS.Signals>} */
  const forwarded = new Set();
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.on(signal, () => {
      forwarded.add(signal);
      child.kill(signal);
    });
  }
  child.on('exit', (code, signal) => {
    // Ended by what we were told to end it with, it did as asked; by any other signal, such as for its memory, not.
    const isAsAsked = signal !== null && forwarded.has(signal);
    process.exitCode = code ?? (isAsAsked ? 0 : 1);
  });
}
