/** `npm run docs:metrics`: writes docs/metrics.md anew from the table of metrics. */
import { readFile, writeFile } from 'node:fs/promises';
import { renderMetricsDoc } from './lib/metrics-doc.ts';

const path = new URL('../docs/metrics.md', import.meta.url);
const present = await readFile(path, 'utf8').catch(() => '');
await writeFile(path, await renderMetricsDoc(present));
