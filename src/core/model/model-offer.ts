/**
 * What the page tells about a model before anything of it is loaded: its name, its licence, how much it is to download,
 * and how to recognise what is on the device already. The engine reads the rest of the manifest.
 */
import { failure, type Result } from '../../contracts/failure.ts';

export interface OfferedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface ModelOffer {
  readonly id: string;
  readonly name: string;
  readonly baseModel: string;
  readonly licence: string;
  readonly files: readonly OfferedFile[];
  /** What a first download takes. */
  readonly downloadBytes: number;
}

/** Reads a manifest.json; fails with `model/manifest-invalid`. */
export function parseModelOffer(input: unknown): Result<ModelOffer> {
  if (!isRecord(input) || !Array.isArray(input['files'])) return refuse();
  const { id, name, baseModel, licence } = input;
  if (!isText(id) || !isText(name) || !isText(baseModel) || !isText(licence)) return refuse();
  const files: OfferedFile[] = [];
  for (const file of input['files'] as readonly unknown[]) {
    if (!isRecord(file)) return refuse();
    const { path, bytes, sha256 } = file;
    if (!isText(path) || typeof bytes !== 'number' || !isText(sha256)) return refuse();
    files.push({ path, sizeBytes: bytes, sha256 });
  }
  const downloadBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  return { ok: true, value: { id, name, baseModel, licence, files, downloadBytes } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function refuse(): Result<never> {
  return { ok: false, failure: failure('model/manifest-invalid') };
}
