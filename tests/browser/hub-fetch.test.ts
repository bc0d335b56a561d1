/** How hub downloads fail, in the browser's own fetch and streams. */
import { afterEach, expect, inject, test } from 'vitest';
import { FailureError } from '../../src/contracts/failure.ts';
import { createHubFetch } from '../../src/engine/hub/hub-fetch.ts';

const sleep = (): Promise<void> => Promise.resolve();

afterEach(() => {
  Reflect.deleteProperty(navigator, 'onLine');
});

function setOnline(isOnline: boolean): void {
  Object.defineProperty(navigator, 'onLine', { value: isOnline, configurable: true });
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return error instanceof FailureError ? error.code : String(error);
  }
  return 'no failure';
}

/** Nothing listens on port 9, and the browser does not even try. */
const UNREACHABLE = 'http://127.0.0.1:9/test/script/resolve/main/config.json';

test.each([
  [true, 'model/download-failed'],
  [false, 'model/offline'],
])('names a host that cannot be reached while online is %s: %s', async (isOnline, code) => {
  setOnline(isOnline);
  const hub = createHubFetch({
    fetch: (...input) => fetch(...input),
    signal: new AbortController().signal,
    sleep,
    onDownloaded() {},
  });
  expect(await codeOf(hub.fetch(UNREACHABLE))).toBe(code);
  expect(await codeOf(hub.failed)).toBe(code);
});

test('one download that fails ends the others', async () => {
  const hub = createHubFetch({
    fetch: (...input) => fetch(...input),
    signal: new AbortController().signal,
    sleep,
    onDownloaded() {},
  });
  const slow = await hub.fetch(new URL('test/slow/resolve/main/onnx/model.onnx', inject('hubUrl')));
  const broken = new URL('test/broken/resolve/main/config.json', inject('hubUrl'));
  expect(await codeOf(hub.fetch(broken))).toBe('model/download-failed');
  await expect(slow.arrayBuffer()).rejects.toThrow();
});

test('an abort ends a download in the middle of it', async () => {
  const controller = new AbortController();
  let bytes = 0;
  const hub = createHubFetch({
    fetch: (...input) => fetch(...input),
    signal: controller.signal,
    sleep,
    onDownloaded(count) {
      bytes += count;
      controller.abort();
    },
  });
  const url = new URL('test/slow/resolve/main/onnx/model.onnx', inject('hubUrl'));
  const response = await hub.fetch(url);
  await expect(response.arrayBuffer()).rejects.toThrow();
  expect(await codeOf(hub.failed)).toBe('model/load-cancelled');
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(Number(response.headers.get('Content-Length')));
});

test('a file that changed between two parts is not put together', async () => {
  const { signal } = new AbortController();
  const answers = [
    new Response(brokenBody('first half'), { headers: { ETag: '"1"' } }),
    new Response('second half', { status: 206, headers: { ETag: '"2"' } }),
  ];
  const hub = createHubFetch({
    // Stands for a server that gets a new version of the file meanwhile, and then goes away.
    fetch: () => Promise.resolve(answers.shift() ?? Response.error()),
    signal,
    sleep,
    onDownloaded() {},
  });
  const response = await hub.fetch('http://hub.test/a/b/resolve/main/onnx/model.onnx');
  await expect(response.text()).rejects.toThrow();
  expect(await codeOf(hub.failed)).toBe('model/download-failed');
});

function brokenBody(text: string): ReadableStream<Uint8Array> {
  let isSent = false;
  return new ReadableStream({
    pull(controller) {
      if (isSent) controller.error(new TypeError('network error'));
      else controller.enqueue(new TextEncoder().encode(text));
      isSent = true;
    },
  });
}
