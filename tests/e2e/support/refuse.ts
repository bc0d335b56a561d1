import type { Page } from 'playwright';

/** Requests that are refused, one after the other. Resolves once all of them are counted. */
export async function refuse(page: Page, count: number, prompt: string): Promise<void> {
  await page.evaluate(
    async ({ asked, times }) => {
      for (let at = 0; at < times; at++) {
        await window.shellwright.generate({ prompt: asked, temperature: 9 }).catch(() => null);
      }
      // Once that is answered, all of it is counted.
      await window.shellwright.records();
    },
    { asked: prompt, times: count },
  );
}
