import { flushSync } from 'svelte';
import { describe, expect, test } from 'vitest';
import { DEFAULT_PARAMETERS } from '../../../src/core/prompt/parse-parameters.ts';
import { Draft } from '../../../src/state/draft.svelte.ts';

function textMemory(kept: string) {
  return {
    kept,
    read() {
      return this.kept;
    },
    write(text: string) {
      this.kept = text;
    },
  };
}

function memory(prompt = '', parameters = '') {
  return { prompt: textMemory(prompt), parameters: textMemory(parameters) };
}

describe('the request as it is being written', () => {
  test('is sent with the defaults where nothing was changed', () => {
    const draft = new Draft(memory());
    draft.prompt = 'list files';
    expect(draft.submit()).toEqual({
      ok: true,
      value: { prompt: 'list files', parameters: DEFAULT_PARAMETERS },
    });
    expect(draft.changedNames).toEqual([]);
  });

  test('takes an empty field for its default', () => {
    const draft = new Draft(memory('x'));
    draft.fields.temperature = ' ';
    draft.fields.seed = '';
    expect(draft.submit()).toMatchObject({ ok: true, value: { parameters: { temperature: 0 } } });
  });

  test('names what is wrong with each field as it is typed', () => {
    const draft = new Draft(memory('x'));
    const seen: string[][] = [];
    const stop = $effect.root(() => {
      $effect(() => {
        seen.push(Object.keys(draft.errors));
      });
    });
    flushSync();
    draft.fields.temperature = '3';
    flushSync();
    draft.fields.seed = '1.5';
    flushSync();
    draft.fields.temperature = '0.5';
    flushSync();
    stop();
    expect(seen).toEqual([[], ['temperature'], ['temperature', 'seed'], ['seed']]);
    expect(draft.errors.seed).toContain('whole number');
    expect(draft.submit()).toMatchObject({ ok: false, failure: { detail: { field: 'seed' } } });
  });

  test('takes a decimal comma, and refuses one between thousands', () => {
    const draft = new Draft(memory('x'));
    draft.fields.temperature = '0,5';
    draft.fields.top_p = ' 0,9 ';
    expect(draft.submit()).toMatchObject({
      ok: true,
      value: { parameters: { temperature: 0.5, top_p: 0.9 } },
    });
    draft.fields.max_tokens = '1,000';
    expect(Object.keys(draft.errors)).toEqual(['max_tokens']);
  });

  test('refuses words where a number belongs', () => {
    const draft = new Draft(memory('x'));
    draft.fields.top_k = 'many';
    expect(draft.errorCount).toBe(1);
  });

  test('complains about an empty prompt only when somebody tries to send it', () => {
    const draft = new Draft(memory());
    expect(draft.promptFailure).toBeNull();
    draft.submit();
    expect(draft.promptFailure).toMatchObject({ code: 'request/invalid-parameter' });
    draft.prompt = 'l';
    expect(draft.promptFailure).toBeNull();
  });

  test('reads stop texts one a line', () => {
    const draft = new Draft(memory('x'));
    draft.fields.stop = '# END\n\\n\\n';
    expect(draft.submit()).toMatchObject({
      ok: true,
      value: { parameters: { stop: ['# END', '\n\n'] } },
    });
    expect(draft.changedNames).toEqual(['stop']);
  });

  test('is filled from a link or the history, and set back', () => {
    const draft = new Draft(memory());
    const parameters = {
      ...DEFAULT_PARAMETERS,
      temperature: 0.7,
      seed: 5,
      stop: ['\n'],
      guard: false,
    };
    draft.fill({ prompt: 'p', parameters });
    expect(draft.submit()).toEqual({ ok: true, value: { prompt: 'p', parameters } });
    expect(draft.changedNames).toEqual(['temperature', 'seed', 'stop', 'guard']);
    draft.resetParameters();
    expect(draft.guard).toBe(true);
    expect(draft.changedNames).toEqual([]);
  });

  test('outlives a reload', () => {
    const tab = memory();
    new Draft(tab).prompt = 'half a sentence';
    expect(new Draft(tab).prompt).toBe('half a sentence');
  });

  test('outlives a reload with its parameters, as typed and as a link filled them in', () => {
    const tab = memory();
    const draft = new Draft(tab);
    draft.fill({
      prompt: 'p',
      parameters: { ...DEFAULT_PARAMETERS, seed: 5, stop: ['\n'], guard: false },
    });
    draft.fields.temperature = '0,7';
    flushSync();
    const next = new Draft(tab);
    expect(next.fields).toMatchObject({ temperature: '0,7', seed: '5', stop: '\\n' });
    expect(next.guard).toBe(false);
    expect(next.changedNames).toEqual(['temperature', 'seed', 'stop', 'guard']);
    next.resetParameters();
    flushSync();
    expect(new Draft(tab).changedNames).toEqual([]);
  });

  test.each(['{"seed":"5', '[]', 'null', '7', '{"seed":5,"guard":"no","top_k":null,"other":"1"}'])(
    'has its defaults where %s was kept',
    (kept) => {
      const draft = new Draft(memory('x', kept));
      expect(draft.submit()).toMatchObject({
        ok: true,
        value: { parameters: DEFAULT_PARAMETERS },
      });
      expect(draft.changedNames).toEqual([]);
    },
  );
});
