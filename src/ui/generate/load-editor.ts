/** Fetches CodeMirror and all that hangs on it, which the first paint does without. */
import type { BashEditor } from './bash-editor.ts';

/** Rejects where its files cannot be fetched. */
export async function loadEditor(): Promise<typeof BashEditor> {
  return (await import('./bash-editor.ts')).BashEditor;
}
