import { flushSync } from 'svelte';
import { describe, expect, test, vi } from 'vitest';
import type { GenerateHooks } from '../../../src/bridge/engine-client.ts';
import type { GenerationRecord } from '../../../src/contracts/generation.ts';
import { failure } from '../../../src/contracts/failure.ts';
import { DEFAULT_PARAMETERS } from '../../../src/core/prompt/parse-parameters.ts';
import type { EditEnd } from '../../../src/state/history-list.svelte.ts';
import { Notices } from '../../../src/state/notices.svelte.ts';
import { Workbench } from '../../../src/state/workbench.svelte.ts';
import { FakeHost } from '../../fixtures/fake-host.ts';
import { makeRecord } from '../../fixtures/records.ts';
import { waitFor } from '../support/wait-for.ts';

const request = { prompt: 'list files', parameters: DEFAULT_PARAMETERS };

function setUp() {
  const host = new FakeHost();
  const notices = new Notices(host);
  const submitted: { hooks: GenerateHooks; end: (record: GenerationRecord) => void }[] = [];
  const saveEdit = vi.fn((..._: unknown[]) => Promise.resolve<EditEnd>('saved'));
  const kept = { text: '' };
  const lastEdit = {
    read: () => kept.text,
    write: (text: string) => {
      kept.text = text;
    },
  };
  const workbench = new Workbench({
    host,
    notices,
    history: { saveEdit },
    lastEdit,
    requests: {
      submit: (_, hooks) =>
        new Promise((resolve) => {
          submitted.push({ hooks, end: resolve });
        }),
    },
  });
  const start = async () => {
    const done = workbench.generate(request);
    const run = submitted.at(-1);
    if (run === undefined) throw new Error('nothing was submitted');
    const end = async (change: Partial<GenerationRecord> = {}) => {
      run.end(makeRecord(change));
      await done;
    };
    const token = (text: string, generatedTokens: number, elapsedMs: number) =>
      run.hooks.onToken?.({ requestId: 'r', text, generatedTokens, elapsedMs });
    await Promise.resolve();
    return { ...run, end, token };
  };
  return { host, notices, workbench, submitted, saveEdit, kept, start };
}

describe('a script that is being written', () => {
  test('goes from the queue over reading to writing', async () => {
    const { host, workbench, start } = setUp();
    const { hooks, token, end } = await start();
    expect(workbench.run).toMatchObject({ phase: 'waiting', ahead: 0 });
    hooks.onPosition?.(2);
    expect(workbench.run).toMatchObject({ phase: 'waiting', ahead: 2 });
    hooks.onStart?.();
    expect(workbench.run).toMatchObject({ phase: 'reading', ahead: 0 });
    token('ls', 1, 10);
    host.drawFrame();
    expect(workbench.run).toMatchObject({ phase: 'writing', generatedTokens: 1 });
    await end();
    expect(workbench.run).toBeNull();
    expect(workbench.record?.finishReason).toBe('stop');
  });

  test('changes at most once a frame, however fast the tokens come', async () => {
    const { host, workbench, start } = setUp();
    const { token } = await start();
    const seen: string[] = [];
    const stop = $effect.root(() => {
      $effect(() => {
        seen.push(workbench.script);
      });
    });
    flushSync();
    for (let i = 1; i <= 50; i++) token('x', i, i);
    flushSync();
    expect(host.frameCount).toBe(1);
    host.drawFrame();
    flushSync();
    stop();
    expect(seen).toEqual(['', 'x'.repeat(50)]);
  });

  test('shares the time of one event among the tokens that it stands for', async () => {
    const { host, workbench, start } = setUp();
    const { token } = await start();
    token('a', 1, 10);
    token('b', 2, 30);
    token('cd', 4, 90);
    host.drawFrame();
    expect(workbench.gapsMs).toEqual([20, 30, 30]);
  });

  test('tells its rate once there are enough tokens to tell', async () => {
    const { host, workbench, start } = setUp();
    const { token } = await start();
    token('a', 3, 30);
    host.drawFrame();
    expect(workbench.run?.tokensPerSecond).toBeNull();
    token('a', 10, 500);
    host.drawFrame();
    expect(workbench.run?.tokensPerSecond).toBe(20);
  });

  test('shows a running clock, which stops with it', async () => {
    const { host, workbench, start } = setUp();
    const { end } = await start();
    host.pass(1_250);
    expect(workbench.elapsedMs).toBe(1_200);
    await end();
    expect(workbench.elapsedMs).toBe(91);
    expect(host.timerCount).toBe(0);
  });

  test('is stopped by its signal, and says so until the engine has obeyed', async () => {
    const { host, workbench, start } = setUp();
    const { hooks, token, end } = await start();
    workbench.stop();
    expect(hooks.signal?.aborted).toBe(true);
    token('late', 1, 5);
    host.drawFrame();
    expect(workbench.run?.phase).toBe('stopping');
    await end({ finishReason: 'cancelled', text: 'late' });
    expect(workbench.script).toBe('late');
  });

  test('ends with the text of the record, also when no frame was drawn', async () => {
    const { host, workbench, start } = setUp();
    const { token, end } = await start();
    token('half', 1, 5);
    await end({ text: 'whole' });
    host.drawFrame();
    expect(workbench.script).toBe('whole');
  });

  test('goes on from the beginning that was given', async () => {
    const { host, workbench, submitted } = setUp();
    const prompt = '#!/bin/bash\n# lists\n';
    const done = workbench.generate({ ...request, prompt });
    expect(workbench.script).toBe(prompt);
    submitted[0]?.hooks.onToken?.({
      requestId: 'r',
      text: 'l',
      generatedTokens: 1,
      elapsedMs: 1,
    });
    host.drawFrame();
    expect(workbench.script).toBe(`${prompt}l`);
    submitted[0]?.end(makeRecord({ prompt, text: 'ls\n' }));
    await done;
    expect(workbench.script).toBe(`${prompt}ls\n`);
  });

  test('is the only one: another request waits for its end', async () => {
    const { workbench, submitted, start } = setUp();
    await start();
    await workbench.generate(request);
    expect(submitted).toHaveLength(1);
  });

  test('cannot be edited or replaced from the history', async () => {
    const { workbench, start } = setUp();
    await start();
    workbench.edit('mine');
    workbench.open({
      schemaVersion: 1,
      id: 'old',
      acceptedAtEpochMs: 0,
      record: makeRecord({ text: 'old' }),
      editedText: null,
    });
    expect(workbench.script).toBe('');
  });

  test('tells screen readers how it ended, and nothing for each token', async () => {
    const { host, notices, workbench, start } = setUp();
    const { token, end } = await start();
    const before = notices.announcement;
    token('a', 1, 5);
    host.drawFrame();
    expect(notices.announcement).toBe(before);
    await end({ finishReason: 'error', failure: failure('engine/device-lost') });
    expect(notices.announcement).toContain('graphics device');
    expect(workbench.failure?.code).toBe('engine/device-lost');
  });
});

describe('a script that was typed before anything was generated', () => {
  test('is given back after a generation or a script of the history took its place', async () => {
    const { notices, workbench, start } = setUp();
    workbench.edit('echo mine\n');
    await (await start()).end();
    expect(workbench.script).toBe('ls\n');
    notices.notes.at(-1)?.action?.run();
    expect(workbench.script).toBe('echo mine\n');
    expect(workbench.record).toBeNull();
    workbench.open({
      schemaVersion: 1,
      id: 'record-1',
      acceptedAtEpochMs: 0,
      record: makeRecord(),
      editedText: null,
    });
    notices.notes.at(-1)?.action?.run();
    expect(workbench.script).toBe('echo mine\n');
  });

  test('ends what is being written when it is wanted back at once', async () => {
    const { notices, workbench, start } = setUp();
    workbench.edit('echo mine\n');
    const { hooks, end } = await start();
    notices.notes.at(-1)?.action?.run();
    expect(hooks.signal?.aborted).toBe(true);
    await end({ finishReason: 'cancelled' });
    expect(workbench.script).toBe('echo mine\n');
  });

  test('makes way without a word where it is blank, or the history has it', async () => {
    const { notices, workbench, start } = setUp();
    workbench.edit(' \n');
    await (await start()).end();
    workbench.edit('ls -l\n');
    await (await start()).end();
    expect(notices.notes).toEqual([]);
  });

  test('outlives a reload, until something else takes its place', async () => {
    const { workbench, kept } = setUp();
    workbench.edit('echo mine\n');
    workbench.keepEdit();

    const next = setUp();
    next.kept.text = kept.text;
    await next.workbench.recoverEdit();
    expect(next.workbench.script).toBe('echo mine\n');
    expect(next.kept.text).toBe(kept.text);
    await (await next.start()).end();
    expect(next.kept.text).toBe('');
  });
});

describe('a script whose entry of the history was deleted', () => {
  async function editDeleted() {
    const bench = setUp();
    await (await bench.start()).end();
    bench.saveEdit.mockResolvedValue('gone');
    bench.workbench.edit('ls -l\n');
    return bench;
  }

  test('is kept as one of its reader once it is edited, and given back after it made way', async () => {
    const { host, notices, workbench, kept, start } = await editDeleted();
    host.pass(600);
    await waitFor(() => expect(workbench.record).toBeNull());
    expect(workbench.script).toBe('ls -l\n');
    expect(kept.text).toBe('[null,"ls -l\\n"]');
    expect(notices.notes).toEqual([]);
    await (await start()).end();
    notices.notes.at(-1)?.action?.run();
    expect(workbench.script).toBe('ls -l\n');
    expect(workbench.prompt).toBe('list files');
  });

  test('is given back also where it made way before it was known to be gone', async () => {
    const { notices, workbench, start } = await editDeleted();
    const { end } = await start();
    await waitFor(() => expect(notices.notes).toHaveLength(1));
    await end();
    expect(workbench.script).toBe('ls\n');
    notices.notes.at(-1)?.action?.run();
    expect(workbench.script).toBe('ls -l\n');
    expect(workbench.record).toBeNull();
  });

  test('is not given back beside itself where two saves were on their way', async () => {
    const { host, notices, workbench, saveEdit } = await editDeleted();
    const answers: ((end: EditEnd) => void)[] = [];
    saveEdit.mockImplementation(() => new Promise((resolve) => answers.push(resolve)));
    host.pass(600);
    workbench.edit('ls -la\n');
    host.pass(600);
    for (const answer of answers) answer('gone');
    await waitFor(() => expect(workbench.record).toBeNull());
    await Promise.resolve();
    expect(answers).toHaveLength(2);
    expect(workbench.script).toBe('ls -la\n');
    expect(notices.notes).toEqual([]);
  });

  test('outlives a reload', async () => {
    const { workbench, saveEdit, kept } = await editDeleted();
    saveEdit.mockReturnValueOnce(new Promise(() => {}));
    workbench.keepEdit();

    const next = setUp();
    next.saveEdit.mockResolvedValue('gone');
    next.kept.text = kept.text;
    await next.workbench.recoverEdit();
    expect(next.workbench.script).toBe('ls -l\n');
    expect(next.kept.text).toBe('[null,"ls -l\\n"]');
  });
});

describe('a script on screen', () => {
  test('is saved a moment after the last edit', async () => {
    const { host, workbench, saveEdit, start } = setUp();
    await (await start()).end();
    workbench.edit('ls -');
    host.pass(500);
    workbench.edit('ls -l');
    host.pass(599);
    expect(saveEdit).not.toHaveBeenCalled();
    host.pass(1);
    expect(saveEdit).toHaveBeenCalledExactlyOnceWith('record-1', 'ls -l');
  });

  test('is saved at once when another takes its place', async () => {
    const { workbench, saveEdit, start } = setUp();
    await (await start()).end();
    workbench.edit('ls -l');
    await start();
    expect(saveEdit).toHaveBeenCalledExactlyOnceWith('record-1', 'ls -l');
  });

  test('is kept when the page goes before the history could write it', async () => {
    const { workbench, saveEdit, kept, start } = setUp();
    await (await start()).end();
    saveEdit.mockReturnValueOnce(new Promise(() => {}));
    workbench.edit('ls -l');
    workbench.keepEdit();

    const next = setUp();
    next.kept.text = kept.text;
    await next.workbench.recoverEdit();
    expect(next.saveEdit).toHaveBeenCalledExactlyOnceWith('record-1', 'ls -l');
    expect(next.kept.text).toBe('');
    await next.workbench.recoverEdit();
    expect(next.saveEdit).toHaveBeenCalledOnce();
  });

  test('stays kept for the next time where the history cannot write it', async () => {
    const { workbench, kept, saveEdit, start } = setUp();
    await (await start()).end();
    saveEdit.mockResolvedValue('failed');
    workbench.edit('ls -l');
    workbench.keepEdit();
    const copy = kept.text;
    await workbench.recoverEdit();
    expect(saveEdit).toHaveBeenCalledTimes(2);
    expect(kept.text).toBe(copy);
    expect(copy).toContain('ls -l');
  });

  test('is not kept twice when the page is shown again', async () => {
    const { workbench, kept, start } = setUp();
    await (await start()).end();
    workbench.edit('ls -l');
    workbench.keepEdit();
    await waitFor(() => expect(kept.text).toBe(''));
  });

  test('comes back from the history as it was edited', () => {
    const { workbench } = setUp();
    workbench.open({
      schemaVersion: 1,
      id: 'record-1',
      acceptedAtEpochMs: 0,
      record: makeRecord(),
      editedText: 'ls -l\n',
    });
    expect(workbench.script).toBe('ls -l\n');
    expect(workbench.fileName).toBe('list-files.sh');
    expect(workbench.elapsedMs).toBe(91);
  });

  test('is copied, or says that the browser does not allow it', async () => {
    const { host, notices, workbench, start } = setUp();
    await (await start()).end();
    await workbench.copy();
    expect(host.copied).toEqual(['ls\n']);
    host.canCopy = false;
    await workbench.copy();
    expect(notices.notes.at(-1)?.text).toContain('does not allow copying');
  });

  test('is saved as a file that runs', async () => {
    const { host, workbench, start } = setUp();
    await (await start()).end();
    workbench.download();
    expect(host.saved).toEqual([{ name: 'list-files.sh', text: '#!/usr/bin/env bash\nls\n' }]);
  });
});
