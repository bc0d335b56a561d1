/** Exporting what was measured to a file, and looking at the files of other browsers, or of another time. */
import { failure, type Failure, type Result } from '../contracts/failure.ts';
import { addSources, type MetricsDataset } from '../core/export/metrics-dataset.ts';
import { MAX_FILE_CHARS } from '../core/export/metrics-file.ts';
import { parseMetricsFile } from '../core/export/parse-metrics-file.ts';
import { writeMetricsFile } from '../core/export/write-metrics-file.ts';
import { ImportedDataset } from '../monitor/imported-dataset.ts';
import type { ExportChoice, ExportMetrics } from '../monitor/metrics-export.ts';
import type { ExportText, TextExportKind } from '../monitor/text-export.ts';
import type { BrowserHost } from './browser-host.ts';
import type { Notices } from './notices.svelte.ts';

/** The part of `File` that is used. */
export type TransferFile = Pick<File, 'name' | 'size' | 'text'>;

/** Why a file was not taken. */
export interface ImportProblem {
  readonly fileName: string;
  readonly failure: Failure;
}

export interface MetricsTransferOptions {
  readonly exportMetrics: ExportMetrics;
  readonly exportText: ExportText;
  readonly host: Pick<BrowserHost, 'saveFile'>;
  readonly notices: Pick<Notices, 'show'>;
}

const PART_NOT_LOADED = 'This part of the page could not be loaded.';

export class MetricsTransfer {
  readonly #options: MetricsTransferOptions;
  #imported = $state.raw<ImportedDataset | null>(null);
  #fileCount = $state.raw(0);
  #problems = $state.raw<readonly ImportProblem[]>([]);
  #exportFailure = $state.raw<Failure | null>(null);
  #isBusy = $state.raw(false);

  constructor(options: MetricsTransferOptions) {
    this.#options = options;
  }

  /** What is looked at in place of this browser's measurements; null where that is not so. */
  get imported(): ImportedDataset | null {
    return this.#imported;
  }

  /** Files that `imported` was made of, without those that brought nothing new. */
  get fileCount(): number {
    return this.#fileCount;
  }

  /** Of the last import. */
  get problems(): readonly ImportProblem[] {
    return this.#problems;
  }

  get exportFailure(): Failure | null {
    return this.#exportFailure;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Adds files to what is looked at. A file that is refused changes nothing. */
  async importFiles(files: readonly TransferFile[]): Promise<void> {
    if (this.#isBusy || files.length === 0) return;
    this.#isBusy = true;
    const problems: ImportProblem[] = [];
    let dataset: MetricsDataset = this.#imported?.dataset ?? { sources: [] };
    let addedFiles = 0;
    let knownFiles = 0;
    for (const file of files) {
      const result = await readDataset(file);
      if (!result.ok) {
        problems.push({ fileName: file.name, failure: result.failure });
        continue;
      }
      const added = addSources(dataset, result.value);
      dataset = added.dataset;
      if (added.addedCount > 0) addedFiles += 1;
      else knownFiles += 1;
    }
    this.#problems = problems;
    if (addedFiles > 0) {
      this.#imported = new ImportedDataset(dataset);
      this.#fileCount += addedFiles;
    }
    this.#isBusy = false;
    this.#options.notices.show(describeImport(addedFiles, knownFiles, problems.length));
  }

  /** Saves this browser's measurements. */
  async exportOwn(choice: ExportChoice): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    const result = await orFailure(this.#options.exportMetrics(choice));
    this.#isBusy = false;
    this.#exportFailure = result.ok ? null : result.failure;
    if (!result.ok) return;
    const { fileName, text, recordCount, omittedRecordCount } = result.value;
    this.#options.host.saveFile(fileName, text, 'application/json');
    if (omittedRecordCount > 0) {
      this.#options.notices.show(
        `The file has the newest ${recordCount} records; ${omittedRecordCount} older ones did not fit.`,
      );
    }
  }

  /** Saves this browser's figures in a format of Prometheus. */
  async exportText(kind: TextExportKind): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    const result = await orFailure(this.#options.exportText(kind));
    this.#isBusy = false;
    this.#exportFailure = result.ok ? null : result.failure;
    if (!result.ok) return;
    const { fileName, text, type } = result.value;
    if (text === '') this.#options.notices.show('Nothing was measured yet.');
    else this.#options.host.saveFile(fileName, text, type);
  }

  /** Saves what is looked at as one file. */
  exportImported(): void {
    if (this.#imported === null) return;
    this.#options.host.saveFile(
      'shellwright-metrics-merged.json',
      writeMetricsFile(this.#imported.dataset),
      'application/json',
    );
  }

  /** Back to this browser's measurements. */
  leave(): void {
    this.#imported = null;
    this.#fileCount = 0;
    this.#problems = [];
  }

  dismissProblems(): void {
    this.#problems = [];
  }
}

/** Offline, the part of the app that does it may not be there. */
function orFailure<T>(work: Promise<Result<T>>): Promise<Result<T>> {
  return work.catch(() => ({ ok: false, failure: failure('unknown', PART_NOT_LOADED) }));
}

async function readDataset(file: TransferFile): Promise<Result<MetricsDataset>> {
  // A code unit takes at most three bytes: a larger file cannot fit, and is not read at all.
  if (file.size > MAX_FILE_CHARS * 3) return { ok: false, failure: failure('import/too-large') };
  try {
    return parseMetricsFile(await file.text());
  } catch {
    return { ok: false, failure: failure('import/invalid-file', 'This file cannot be read.') };
  }
}

function describeImport(added: number, known: number, refused: number): string {
  const parts = [
    ...(added > 0 ? [`${count(added)} added`] : []),
    ...(known > 0 ? [`${count(known)} brought nothing new`] : []),
    ...(refused > 0 ? [`${count(refused)} refused`] : []),
  ];
  return `${parts.join(', ')}.`;
}

function count(files: number): string {
  return files === 1 ? '1 file' : `${files} files`;
}
