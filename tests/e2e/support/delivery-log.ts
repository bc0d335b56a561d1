/** The delivery log of the Alerts page. */
import type { Page } from 'playwright';
import { expect } from 'vitest';

/**
 * Asks the relay about the newest such alert, as often as it takes: it may not have written down what a destination
 * said when that destination has already been heard of. Resolves once the page says all of `answers`.
 */
export async function askUntilSaid(
  page: Page,
  alert: string,
  answers: readonly string[],
): Promise<void> {
  const ask = page
    .getByRole('button', { name: new RegExp(`^Ask (the relay|again) about .*${alert}`, 'u') })
    .first();
  await expect
    .poll(async () => {
      // Gone where the answer has just come.
      if ((await ask.count()) > 0) await ask.click({ timeout: 1000 }).catch(() => null);
      const counts = await Promise.all(answers.map((words) => page.getByText(words).count()));
      return answers.filter((_, at) => counts[at] === 0);
    })
    .toEqual([]);
}
