import { expect, test, vi } from 'vitest';
import { loadOnce } from '../../../src/state/load-once.ts';

test('loads at the first call, and once', async () => {
  const load = vi.fn(() => Promise.resolve({}));
  const part = loadOnce(load);
  expect(load).not.toHaveBeenCalled();
  expect(await part()).toBe(await part());
  expect(load).toHaveBeenCalledTimes(1);
});

test('tries again after a load that failed', async () => {
  const load = vi.fn<() => Promise<string>>().mockResolvedValue('part');
  load.mockRejectedValueOnce(new Error('offline'));
  const part = loadOnce(load);
  await expect(part()).rejects.toThrow('offline');
  expect(await part()).toBe('part');
});
