import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Journal, JournalError, type JournaledState } from '../../../relay/journal.ts';
import { TestDisk } from './support/test-file.ts';
import { temporaryFolder } from './support/test-relay.ts';

interface Entry {
  readonly add: string;
}

/** A set of words; twice the same is once. */
class Words implements JournaledState<Entry> {
  readonly words = new Set<string>();

  parse(line: unknown): Entry | null {
    return typeof line === 'object' && line !== null && 'add' in line ? (line as Entry) : null;
  }

  apply({ add }: Entry): void {
    this.words.add(add);
  }

  *snapshot(): Iterable<Entry> {
    for (const add of this.words) yield { add };
  }
}

async function openWords(
  path: string,
  options: { disk?: TestDisk; compactFromBytes?: number } = {},
) {
  const state = new Words();
  const { disk, compactFromBytes } = options;
  const failures: unknown[] = [];
  const journal = await Journal.open({
    path,
    state,
    ...(disk === undefined ? {} : { openFile: disk.open }),
    ...(compactFromBytes === undefined ? {} : { compactFromBytes }),
    onCompactionFailed: (error) => failures.push(error),
  });
  onTestFinished(() => journal.close());
  return { journal, state, failures };
}

test('what was appended is there after a restart', async () => {
  const path = join(temporaryFolder(), 'words.ndjson');
  const first = await openWords(path);
  await first.journal.append({ add: 'one' });
  await first.journal.append({ add: 'two' });
  expect([...first.state.words]).toEqual(['one', 'two']);

  // Not closed: a killed process closes nothing.
  const second = await openWords(path);
  expect([...second.state.words]).toEqual(['one', 'two']);
});

test('an entry counts only after it is on the disk', async () => {
  const disk = new TestDisk();
  const { journal, state } = await openWords(join(temporaryFolder(), 'words'), { disk });
  let letGo = (): void => undefined;
  disk.hold = new Promise((resolve) => (letGo = resolve));
  const appended = journal.append({ add: 'one' });
  await new Promise((resolve) => setImmediate(resolve));
  expect(disk.syncs).toBe(1);
  expect(state.words.size).toBe(0);

  letGo();
  await appended;
  expect(state.words.size).toBe(1);
});

test('entries that come while the disk is busy share one sync', async () => {
  const disk = new TestDisk();
  const { journal } = await openWords(join(temporaryFolder(), 'words'), { disk });
  const all = Array.from({ length: 500 }, (_, n) => journal.append({ add: String(n) }));
  await Promise.all(all);
  expect(disk.syncs).toBe(1);
});

test('a last line without its end is dropped, and the next entry stands on a line of its own', async () => {
  const path = join(temporaryFolder(), 'words.ndjson');
  writeFileSync(path, '{"add":"one"}\n{"add":"tw');
  const { journal, state } = await openWords(path);
  expect([...state.words]).toEqual(['one']);
  expect(journal.damagedLines).toBe(0);

  await journal.append({ add: 'three' });
  expect(readFileSync(path, 'utf8')).toBe('{"add":"one"}\n{"add":"three"}\n');
});

test('a damaged line is counted, and the lines around it are kept', async () => {
  const path = join(temporaryFolder(), 'words.ndjson');
  writeFileSync(path, '{"add":"one"}\n\u0000\u0000garbage\n\n{"other":1}\n{"add":"two"}\n');
  const { journal, state } = await openWords(path);
  expect([...state.words]).toEqual(['one', 'two']);
  expect(journal.damagedLines).toBe(2);
});

test('a line that is longer than a read is put together', async () => {
  const path = join(temporaryFolder(), 'words.ndjson');
  const long = 'ä'.repeat(200_000);
  appendFileSync(path, `${JSON.stringify({ add: long })}\n{"add":"end"}\n`);
  const { state } = await openWords(path);
  expect([...state.words]).toEqual([long, 'end']);
});

test('a full disk refuses the entry, leaves no half line, and takes entries again when there is room', async () => {
  const disk = new TestDisk();
  const path = join(temporaryFolder(), 'words.ndjson');
  const { journal, state } = await openWords(path, { disk });
  await journal.append({ add: 'one' });
  disk.roomBytes = 5;
  await expect(journal.append({ add: 'two' })).rejects.toThrow(JournalError);
  expect(journal.isWritable).toBe(false);
  expect(readFileSync(path, 'utf8')).toBe('{"add":"one"}\n');
  expect(await journal.probe()).toBe(false);

  disk.roomBytes = Infinity;
  expect(await journal.probe()).toBe(true);
  await journal.append({ add: 'three' });
  expect([...state.words]).toEqual(['one', 'three']);
  expect([...(await openWords(path)).state.words]).toEqual(['one', 'three']);
});

test('a sync that fails refuses all entries that shared it', async () => {
  const disk = new TestDisk();
  const { journal, state } = await openWords(join(temporaryFolder(), 'words'), { disk });
  disk.failsToSync = true;
  const results = await Promise.allSettled(['a', 'b', 'c'].map((add) => journal.append({ add })));
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(state.words.size).toBe(0);
});

test('a file that has grown is rewritten, and nothing is lost on the way', async () => {
  const path = join(temporaryFolder(), 'words.ndjson');
  const disk = new TestDisk();
  const { journal, state } = await openWords(path, { disk, compactFromBytes: 10_000 });
  for (let n = 0; n < 5_000; n++) void journal.append({ add: `word ${n % 20}` });
  await journal.append({ add: 'last' });
  for (let n = 0; n < 500; n++) await journal.append({ add: `later ${n % 3}` });
  expect(statSync(path).size).toBe(journal.sizeBytes);
  expect(journal.sizeBytes).toBeLessThan(15_000);
  expect((await openWords(path)).state.words).toEqual(state.words);
});

test('a rewrite that does not fit leaves the old file in use', async () => {
  const disk = new TestDisk();
  const path = join(temporaryFolder(), 'words.ndjson');
  const { journal, failures } = await openWords(path, { disk });
  for (let n = 0; n < 10; n++) await journal.append({ add: `word ${n}` });
  disk.roomBytes = 30;
  await journal.compact();
  expect(failures).toHaveLength(1);

  disk.roomBytes = Infinity;
  await journal.append({ add: 'after' });
  expect((await openWords(path)).state.words.size).toBe(11);
});

test('closing waits for what was given, and takes nothing more', async () => {
  const path = join(temporaryFolder(), 'words.ndjson');
  const { journal } = await openWords(path);
  const appended = journal.append({ add: 'one' });
  const closed = journal.close();
  await Promise.all([closed, appended]);
  await expect(journal.append({ add: 'two' })).rejects.toThrow(JournalError);
  expect([...(await openWords(path)).state.words]).toEqual(['one']);
});
