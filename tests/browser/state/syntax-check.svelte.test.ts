import { flushSync } from 'svelte';
import { describe, expect, test, vi } from 'vitest';
import wasmUrl from '../../../bash-parser/build/bash-parser.wasm?url';
import { loadScriptInspector } from '../../../src/bridge/load-script-inspector.ts';
import { SyntaxCheck } from '../../../src/state/syntax-check.svelte.ts';
import { makeRecord } from '../../fixtures/records.ts';

const real = () => loadScriptInspector(wasmUrl);
const BROKEN = { result: 'invalid', line: 2 };
const entry = (text: string, editedText: string | null) => ({
  schemaVersion: 1 as const,
  id: 'a',
  acceptedAtEpochMs: 0,
  record: makeRecord({ text, syntax: null }),
  editedText,
});

describe('the checker', () => {
  test('is loaded once, when somebody needs it', async () => {
    const load = vi.fn(real);
    const syntax = new SyntaxCheck({ load });
    expect(syntax.state).toBe('idle');
    expect(syntax.standing('ls', false)).toBeNull();
    expect(load).not.toHaveBeenCalled();
    const loaded = syntax.ensureLoaded();
    expect(syntax.state).toBe('loading');
    await Promise.all([loaded, syntax.ensureLoaded(), syntax.judge(makeRecord())]);
    expect(syntax.state).toBe('ready');
    expect(load).toHaveBeenCalledOnce();
  });

  test('is followed by what was asked before it came', async () => {
    const syntax = new SyntaxCheck({ load: real });
    const seen: (string | undefined)[] = [];
    const stop = $effect.root(() => {
      const standing = $derived(syntax.standing('ls', false));
      $effect(() => {
        seen.push(standing?.kind);
      });
    });
    flushSync();
    await syntax.ensureLoaded();
    flushSync();
    stop();
    expect(seen).toEqual([undefined, 'valid']);
  });

  test('that cannot be had is missed without harm, and tried again', async () => {
    const load = vi.fn(real).mockRejectedValueOnce(new Error('offline'));
    const syntax = new SyntaxCheck({ load });
    await syntax.ensureLoaded();
    expect(syntax.state).toBe('unavailable');
    expect(syntax.standing('fi', false)).toBeNull();
    expect(syntax.recorded(entry('ls', 'fi'))).toBeNull();
    expect(await syntax.judge(makeRecord({ text: 'ls\nfi' }))).toEqual(BROKEN);
    expect(syntax.state).toBe('ready');
  });

  test('whose file is missing is refused', async () => {
    const syntax = new SyntaxCheck({ load: () => loadScriptInspector('/no-such-file.wasm') });
    await syntax.ensureLoaded();
    expect(syntax.state).toBe('unavailable');
  });

  test('that traps leaves the script unchecked', async () => {
    const inspect = () => {
      throw new WebAssembly.RuntimeError('unreachable');
    };
    const syntax = new SyntaxCheck({ load: () => Promise.resolve({ inspect }) });
    await syntax.ensureLoaded();
    expect(syntax.standing('ls', false)?.kind).toBe('unchecked');
    expect(await syntax.judge(makeRecord())).toEqual({ result: 'unchecked', line: null });
  });
});

describe('the verdict of a record', () => {
  const syntax = new SyntaxCheck({ load: real });

  test.each([
    ['ls\n', { result: 'valid', line: null }],
    ['ls\nfi\n', BROKEN],
    ['if a; then\n', BROKEN],
    ['# nothing\n', { result: 'empty', line: null }],
    ['', { result: 'empty', line: null }],
  ])('%j', async (text, verdict) => {
    expect(await syntax.judge(makeRecord({ text }))).toEqual(verdict);
  });

  test('is that of the whole script where its beginning was given', async () => {
    const prompt = '#!/bin/bash\nif true; then\n';
    expect(await syntax.judge(makeRecord({ prompt, text: '  ls\nfi' }))).toEqual({
      result: 'valid',
      line: null,
    });
    expect(await syntax.judge(makeRecord({ prompt, text: '  ls\ndone' }))).toEqual({
      result: 'invalid',
      line: 4,
    });
  });

  test('is none where there is no answer', async () => {
    const nothing = { prompt: 3, promptCached: 0, generated: 0 };
    const cases = [
      makeRecord({ finishReason: 'error', text: 'ls' }),
      makeRecord({ finishReason: 'cancelled', text: '', tokens: nothing }),
    ];
    for (const record of cases) expect(await syntax.judge(record)).toBeNull();
  });

  test('in the history follows the edit', async () => {
    await syntax.ensureLoaded();
    expect(syntax.recorded(entry('ls', null))).toBeNull();
    expect(syntax.recorded(entry('ls', 'ls\nfi'))).toEqual(BROKEN);
  });
});
