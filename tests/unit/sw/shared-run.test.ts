import { describe, expect, it } from 'vitest';
import { SharedRun } from '../../../src/sw/endpoints/shared-run.ts';

/** Work whose runs are ended by hand. */
function handled() {
  const runs: { end: (value: string) => void; fail: (error: Error) => void }[] = [];
  const shared = new SharedRun(() => new Promise<string>((end, fail) => runs.push({ end, fail })));
  return { runs, shared };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe('SharedRun', () => {
  it('runs once for all that ask together', async () => {
    const { runs, shared } = handled();
    const answers = [shared.result(), shared.result()];
    await settled();
    expect(runs).toHaveLength(1);
    runs[0]?.end('first');
    expect(await Promise.all(answers)).toEqual(['first', 'first']);
  });

  it('runs again for those that ask while it runs, once, and after it', async () => {
    const { runs, shared } = handled();
    const first = shared.result();
    await settled();
    const later = [shared.result(), shared.result()];
    await settled();
    expect(runs).toHaveLength(1);
    runs[0]?.end('before');
    await settled();
    expect(runs).toHaveLength(2);
    runs[1]?.end('after');
    expect(await first).toBe('before');
    expect(await Promise.all(later)).toEqual(['after', 'after']);
  });

  it('rests after a run for as long as it is told, and gathers those that ask meanwhile', async () => {
    const startedMs: number[] = [];
    const work = async (): Promise<void> => {
      startedMs.push(performance.now());
      await new Promise((resolve) => setTimeout(resolve, 20));
    };
    const shared = new SharedRun(work, 3);
    await shared.result();
    const later = shared.result();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await Promise.all([later, shared.result()]);
    expect(startedMs).toHaveLength(2);
    const [first = NaN, second = NaN] = startedMs;
    // Timers may be up to a millisecond early.
    expect(second - first).toBeGreaterThanOrEqual(4 * 19);
  });

  it('rejects for those of the run that failed, and not for the next', async () => {
    const { runs, shared } = handled();
    const first = shared.result();
    await settled();
    const second = shared.result();
    runs[0]?.fail(new Error('closed'));
    await expect(first).rejects.toThrow('closed');
    await settled();
    runs[1]?.end('open again');
    expect(await second).toBe('open again');
  });
});
