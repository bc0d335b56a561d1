import { expect, test } from 'vitest';
import { Draft } from '../../../src/state/draft.svelte.ts';
import { Notices } from '../../../src/state/notices.svelte.ts';
import { replaceDraft } from '../../../src/state/replace-draft.ts';
import { FakeHost } from '../../fixtures/fake-host.ts';

function setUp(typed: string, written = '') {
  const draft = new Draft({
    prompt: { read: () => typed, write: () => {} },
    parameters: { read: () => '', write: () => {} },
  });
  const notices = new Notices(new FakeHost());
  const workbench = { prompt: written };
  const replace = (prompt: string, known: readonly string[] = []) =>
    replaceDraft(
      { draft, notices, workbench },
      () => {
        draft.prompt = prompt;
        draft.fields.seed = '7';
      },
      known,
    );
  return { draft, notices, replace };
}

test('a note gives back what was typed, with its parameters', () => {
  const { draft, notices, replace } = setUp('rename my photos');
  draft.fields.seed = '5';
  draft.guard = false;
  replace('count lines');
  expect(draft.prompt).toBe('count lines');
  expect(notices.notes).toMatchObject([{ text: 'Your request has made way.' }]);
  notices.notes[0]?.action?.run();
  expect(draft.prompt).toBe('rename my photos');
  expect(draft.fields.seed).toBe('5');
  expect(draft.guard).toBe(false);
});

test.for([
  ['blank', ' ', ''],
  ['the same', 'count lines', ''],
  ['of the script on screen', 'list files', 'list files'],
  ['known elsewhere', 'an example', ''],
] as const)('nothing is said of a request that is %s', ([, typed, written]) => {
  const { draft, notices, replace } = setUp(typed, written);
  replace('count lines', ['an example']);
  expect(draft.prompt).toBe('count lines');
  expect(notices.notes).toEqual([]);
});
