import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import { BashEditor } from '../../src/ui/generate/bash-editor.ts';
import type { ScriptMark } from '../../src/ui/generate/script-marks.ts';

let parent: HTMLElement;
let editor: BashEditor;
let edits: string[];

beforeEach(() => {
  parent = document.createElement('div');
  parent.style.height = '200px';
  document.body.append(parent);
  edits = [];
  editor = new BashEditor({
    parent,
    text: '',
    label: 'Script',
    describedBy: 'syntax',
    onEdit: (text) => edits.push(text),
  });
});

afterEach(() => {
  editor.destroy();
  parent.remove();
});

const content = (): HTMLElement => {
  const element = parent.querySelector<HTMLElement>('.cm-content');
  if (element === null) throw new Error('there is no editor');
  return element;
};

const shown = (): string =>
  [...parent.querySelectorAll('.cm-line')].map((line) => line.textContent).join('\n');

const classOf = (text: string): string | undefined =>
  [...parent.querySelectorAll('.cm-line span')].find((span) => span.textContent === text)
    ?.className;

describe('text that is set', () => {
  test('is shown, and is not an edit', () => {
    editor.setText('ls -l');
    editor.setText('ls -l | wc');
    editor.setText('pwd');
    expect(shown()).toBe('pwd');
    expect(edits).toEqual([]);
  });

  test('appends where it goes on from what is there, and keeps the selection', async () => {
    editor.setText('echo one');
    content().focus();
    await userEvent.keyboard('{Home}');
    editor.setText('echo one\necho two');
    await userEvent.keyboard('# ');
    expect(edits.at(-1)).toBe('# echo one\necho two');
  });

  test('cannot be undone into the script before', async () => {
    editor.setText('echo old');
    editor.setText('echo new');
    content().focus();
    await userEvent.keyboard('{Control>}z{/Control}');
    expect(shown()).toBe('echo new');
  });
});

describe('what the reader types', () => {
  test('is an edit, which can be undone', async () => {
    editor.setText('ls');
    content().focus();
    await userEvent.keyboard('{End} -l');
    expect(edits.at(-1)).toBe('ls -l');
    await userEvent.keyboard('{Control>}z{/Control}');
    expect(edits.at(-1)).toBe('ls');
  });

  test('starts a new line where the one before starts', async () => {
    editor.setText('if true; then\n  echo');
    content().focus();
    await userEvent.keyboard('{Control>}{End}{/Control}{Enter}x');
    expect(edits.at(-1)).toBe('if true; then\n  echo\n  x');
  });

  test('changes nothing while a script is being written', async () => {
    editor.setText('ls');
    editor.setReadOnly(true);
    expect(content().getAttribute('aria-readonly')).toBe('true');
    content().focus();
    await userEvent.keyboard('{End}x{Enter}{Backspace}');
    expect(shown()).toBe('ls');
    editor.setReadOnly(false);
    await userEvent.keyboard('x');
    expect(edits).toEqual(['lsx']);
  });

  test('leaves Tab to the page', async () => {
    const next = document.createElement('button');
    document.body.append(next);
    content().focus();
    await userEvent.keyboard('{Tab}');
    expect(document.activeElement).toBe(next);
    next.remove();
  });
});

describe('marks', () => {
  const mark = (...marks: ScriptMark[]): void => {
    editor.mark(marks);
  };
  const marked = (): string[] =>
    [...parent.querySelectorAll('[class*=mark-]')].map((place) => place.textContent);
  const signs = (): (string | null)[] =>
    [...parent.querySelectorAll('[class*=gutter-]')].map((sign) => sign.textContent);

  test('stand at a place, with a sign at its line', () => {
    editor.setText('if a\nfi; done\n');
    mark({ tone: 'stop', offset: 5 });
    expect(marked()).toEqual(['fi']);
    expect(signs()).toEqual(['2']);
    expect(parent.querySelector('.line-stop')?.textContent).toBe('fi; done');
    mark({ tone: 'wait', line: 1 });
    expect(marked()).toEqual([]);
    expect(signs()).toEqual(['1']);
    mark();
    expect(signs()).toEqual([]);
  });

  test('move with an edit, and are gone with the text', async () => {
    editor.setText('ls\nfi');
    mark({ tone: 'stop', offset: 3 });
    content().focus();
    await userEvent.keyboard('{Control>}{Home}{/Control}{Enter}');
    expect(signs()).toEqual(['3']);
    editor.setText('pwd');
    expect(signs()).toEqual([]);
  });

  test('beyond the end stand at the end; at the end of a line, at its last character', () => {
    editor.setText('echo >\nls');
    mark({ tone: 'stop', offset: 6 }, { tone: 'wait', line: 99 }, { tone: 'wait', offset: 99 });
    expect(marked()).toEqual(['>', 's']);
    expect(signs()).toEqual(['1', '2']);
    editor.setText('');
    mark({ tone: 'stop', offset: 5 });
    expect(marked()).toEqual([]);
    expect(signs()).toEqual(['1']);
  });

  test('lead to their place', async () => {
    editor.setText('ls\nfi\n');
    editor.goTo(3);
    await userEvent.keyboard('x');
    expect(edits.at(-1)).toBe('ls\nxfi\n');
  });
});

describe('bash', () => {
  test('is coloured', () => {
    editor.setText('#!/bin/bash\n# lists\nif grep -r "a $b" .; then echo 1; fi');
    expect(classOf('#!/bin/bash')).toBe('tok-meta');
    expect(classOf('# lists')).toBe('tok-comment');
    expect(classOf('if')).toBe('tok-keyword');
    expect(classOf('grep')).toBe('tok-builtin');
    expect(classOf('-r')).toBe('tok-attribute');
    expect(classOf('$b')).toBe('tok-def');
    expect(classOf('1')).toBe('tok-number');
  });

  test('is coloured over lines: a string that is open goes on, and ends', () => {
    editor.setText('echo "one\ntwo" if\nif');
    expect(classOf('two"')).toBe('tok-string');
    expect(classOf('if')).toBe('tok-keyword');
  });

  test('is coloured anew below an edit', async () => {
    editor.setText('\nif true; then');
    expect(classOf('if')).toBe('tok-keyword');
    content().focus();
    await userEvent.keyboard('{Control>}{Home}{/Control}"');
    expect(classOf('if')).toBeUndefined();
    expect(classOf('if true; then')).toBe('tok-string');
    await userEvent.keyboard('{Backspace}');
    expect(classOf('if')).toBe('tok-keyword');
  });

  test('is coloured as it streams, a piece of a word at a time', () => {
    let text = '';
    for (const letter of 'for f in *; do') editor.setText((text += letter));
    expect(classOf('for')).toBe('tok-keyword');
    expect(classOf('do')).toBe('tok-keyword');
  });

  test('of 5,000 lines is coloured where it is seen, in less than a second', () => {
    const startedMs = performance.now();
    editor.setText(Array.from({ length: 5_000 }, (_, i) => `echo "line ${i}" # ${i}`).join('\n'));
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    expect(classOf('# 0')).toBe('tok-comment');
  });

  test('of one line of a megabyte stays uncoloured', () => {
    editor.setText(`echo ${'x'.repeat(1_000_000)}`);
    expect(parent.querySelector('[class^=tok-]')).toBeNull();
  });
});
