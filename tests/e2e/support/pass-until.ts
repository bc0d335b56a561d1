import type { Page } from 'playwright';
import { expect } from 'vitest';

/** Moves the page's clock on, step by step, until it is so; the clock has to be one that was installed. */
export async function passUntil(
  page: Page,
  stepMs: number,
  isSo: () => boolean | Promise<boolean>,
): Promise<void> {
  await expect
    .poll(
      async () => {
        // What is on its way is given up where the clock goes past its limit.
        if (await isSo()) return true;
        await page.clock.fastForward(stepMs);
        return isSo();
      },
      { interval: 300 },
    )
    .toBe(true);
}
