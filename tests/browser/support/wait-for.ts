import { vi } from 'vitest';

/** Until it no longer throws: with the patience of a busy machine, where vitest's own gives up after a second. */
export function waitFor<T>(callback: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(callback, { timeout: 30_000 });
}
