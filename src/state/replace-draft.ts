/** Filling the form in place of what somebody has typed there. */
import type { Draft } from './draft.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import type { Workbench } from './workbench.svelte.ts';

interface Page {
  readonly draft: Draft;
  readonly notices: Pick<Notices, 'show'>;
  readonly workbench: Pick<Workbench, 'prompt'>;
}

/**
 * Fills the form; a note gives back a request that is nowhere else.
 * @param known requests that nobody has to be given back
 */
export function replaceDraft(
  { draft, notices, workbench }: Page,
  fill: () => void,
  known: readonly string[] = [],
): void {
  const { prompt } = draft;
  const putBack = draft.keep();
  const isKept = prompt.trim() === '' || [workbench.prompt, ...known].includes(prompt);
  fill();
  if (isKept || draft.prompt === prompt) return;
  notices.show('Your request has made way.', { label: 'Undo', run: putBack });
}
