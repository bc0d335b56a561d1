/** `npm run docs:grafana`: writes docs/grafana/dashboard.json anew from the plan of its panels. */
import { mkdir, writeFile } from 'node:fs/promises';
import { renderGrafanaDashboard } from './lib/grafana-dashboard.ts';

const path = new URL('../docs/grafana/dashboard.json', import.meta.url);
await mkdir(new URL('.', path), { recursive: true });
await writeFile(path, await renderGrafanaDashboard());
