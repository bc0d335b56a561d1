/** Filling the form in place of what somebody has typed there. */
import type { Draft } from './draft.svelte.ts';
import type { Note, Notices } from './notices.svelte.ts';
import type { Workbench } from './workbench.svelte.ts';

interface Form {
  readonly draft: Draft;
  readonly workbench: Pick<Workbench, 'prompt'>;
}

interface Page extends Form {
  readonly notices: Pick<Notices, 'show'>;
}

/**
 * Fills the form; a note gives back a request that is nowhere else.
 * @param known requests that nobody has to be given back
 */
export function replaceDraft(page: Page, fill: () => void, known: readonly string[] = []): void {
  const undo = fillDraft(page, fill, known);
  if (undo !== null) page.notices.show('Your request has made way.', undo);
}

/** Fills the form. @returns what a note has to offer that tells of it; null where nothing was lost */
export function fillDraft(
  { draft, workbench }: Form,
  fill: () => void,
  known: readonly string[] = [],
): Note['action'] {
  const { prompt } = draft;
  const putBack = draft.keep();
  const isKept = prompt.trim() === '' || [workbench.prompt, ...known].includes(prompt);
  fill();
  return isKept || draft.prompt === prompt ? null : { label: 'Undo', run: putBack };
}
