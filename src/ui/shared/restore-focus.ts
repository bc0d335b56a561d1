/** The keyboard's place, after an action whose control goes away, or can no longer be used. */
import { tick } from 'svelte';

/** Once the page has been drawn: where nothing has the focus any more, what is found gets it. */
export async function restoreFocus(find: () => HTMLElement | null | undefined): Promise<void> {
  await tick();
  if (document.activeElement?.matches('body, :disabled') === true) find()?.focus();
}
