/**
 * `npm run size`: fails if a part of the built app outgrew its budget. What counts as start-up is what index.html
 * names, since Vite lists every file that the entry imports statically there.
 */
import { existsSync, globSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const appFolder = join(import.meta.dirname, '..', 'dist');

interface Budget {
  readonly what: string;
  /** Relative to the app's folder. */
  readonly files: readonly string[];
  readonly limitBytes: number;
  /** As sent by a host that compresses, or as it lies on disk (weights do not compress). */
  readonly measure: 'gzip' | 'stored';
}

function filesNamedByPage(pattern: RegExp): string[] {
  const page = readFileSync(join(appFolder, 'index.html'), 'utf8');
  return [...page.matchAll(pattern)].flatMap(([, path]) => (path === undefined ? [] : [path]));
}

const find = (pattern: string): string[] => globSync(pattern, { cwd: appFolder }).sort();

const KB = 1000;
const MB = 1000 * KB;

/** Folders of models; one name stands for the missing one, so that an app without a model fails. */
const models = existsSync(join(appFolder, 'models'))
  ? readdirSync(join(appFolder, 'models'))
  : ['?'];

const budgets: readonly Budget[] = [
  {
    what: 'JavaScript before the model',
    files: filesNamedByPage(/(?:src|href)="\.\/([^"]+\.js)"/g),
    limitBytes: 75 * KB,
    measure: 'gzip',
  },
  {
    what: 'the editor, after the first paint',
    files: find('assets/bash-editor-*.js'),
    limitBytes: 80 * KB,
    measure: 'gzip',
  },
  {
    what: 'styles before the model',
    files: filesNamedByPage(/href="\.\/([^"]+\.css)"/g),
    limitBytes: 15 * KB,
    measure: 'gzip',
  },
  // A third of it answers as a server does: the table of metrics and the reading of what was measured are in it.
  { what: 'service worker', files: ['sw.js'], limitBytes: 30 * KB, measure: 'gzip' },
  {
    what: 'engine worker, without ONNX Runtime',
    files: find('assets/{engine.worker,load-pack-model}-*.js'),
    limitBytes: 60 * KB,
    measure: 'gzip',
  },
  ...models.map((folder): Budget => ({
    what: `models/${folder}`,
    files: find(`models/${folder}/**/*.*`),
    limitBytes: 100 * MB,
    measure: 'stored',
  })),
];

function sizeBytes(file: string, measure: Budget['measure']): number {
  const path = join(appFolder, file);
  return measure === 'gzip' ? gzipSync(readFileSync(path)).length : statSync(path).size;
}

/** Some static hosts take no larger file (Cloudflare Pages). */
const LARGEST_FILE_BYTES = 25 * 1024 * 1024;

let isOver = false;
for (const file of find('**/*').filter((path) => statSync(join(appFolder, path)).isFile())) {
  const bytes = statSync(join(appFolder, file)).size;
  if (bytes <= LARGEST_FILE_BYTES) continue;
  isOver = true;
  console.log(`OVER ${file}: ${bytes} bytes, and hosts take ${LARGEST_FILE_BYTES} for one file`);
}
for (const { what, files, limitBytes, measure } of budgets) {
  const bytes = files.reduce((sum, file) => sum + sizeBytes(file, measure), 0);
  // A pattern that finds nothing would let anything through.
  const isWrong = bytes > limitBytes || bytes === 0;
  isOver ||= isWrong;
  const unit = limitBytes >= MB ? MB : KB;
  const figures = `${(bytes / unit).toFixed(1)} of ${limitBytes / unit} ${unit === MB ? 'MB' : 'kB'}`;
  console.log(
    `${isWrong ? 'OVER' : 'ok  '} ${what}: ${figures}${measure === 'gzip' ? ' gzip' : ''}`,
  );
}
if (isOver) process.exitCode = 1;
