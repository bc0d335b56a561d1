/** Copies of the built app that differ in what a test needs, such as a newer version. Without models and maps. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { appFolder } from './app-test.ts';

export interface AppCopy extends Disposable {
  readonly folder: string;
  /** Replaces a text in a file. @throws if it does not occur, since the test would then prove nothing */
  replace(fileName: string, from: string | RegExp, to: string): void;
}

export function copyApp(): AppCopy {
  const folder = mkdtempSync(join(tmpdir(), 'shellwright-app-'));
  cpSync(appFolder, folder, {
    recursive: true,
    filter: (source) => {
      const path = relative(appFolder, source).split(sep).join('/');
      return !path.startsWith('models/') && !path.endsWith('.map');
    },
  });
  return {
    folder,
    replace(fileName, from, to) {
      const path = join(folder, fileName);
      const before = readFileSync(path, 'utf8');
      const after = before.replace(from, to);
      if (after === before) throw new Error(`${fileName} does not contain ${String(from)}`);
      writeFileSync(path, after);
    },
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A copy that browsers take for another version: its page has a mark, and its service worker differs. */
export function newerApp(version = '2'): AppCopy {
  const copy = copyApp();
  const mark = `<meta name="test-version" content="${version}" /></head>`;
  copy.replace('index.html', '</head>', mark);
  const hash = version.padStart(16, '0');
  copy.replace('sw.js', /version:([`"'])[0-9a-f]{16}\1/, `version:"${hash}"`);
  return copy;
}
