/**
 * What `work` resolves to, or null once it has taken so long: nobody waits for ever for a disk or a thread. Rejects as
 * `work` does, and leaves no timer behind.
 */
export async function within<T>(
  work: Promise<T>,
  ms: number,
  after: (ms: number, callback: () => void) => () => void,
): Promise<T | null> {
  let callOff = (): void => {};
  const patience = new Promise<null>((resolve) => {
    callOff = after(ms, () => resolve(null));
  });
  try {
    return await Promise.race([work, patience]);
  } finally {
    callOff();
  }
}
