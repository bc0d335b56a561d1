/** The columns of the table of requests, and which of them there is room for. */
import { formatDuration, formatRate } from '../../core/format/quantities.ts';
import type { RequestRow, SortKey } from '../../core/trace/request-row.ts';

export interface Column {
  readonly key: SortKey;
  readonly label: string;
  readonly widthRem: number;
  /** Numbers stand to the right, so that their digits stand below each other. */
  readonly isNumber: boolean;
}

/** From left to right. */
export const COLUMNS: readonly Column[] = [
  column('time', 'Accepted', 9.5),
  column('outcome', 'Ending', 12.5),
  column('model', 'Model', 11),
  column('backend', 'Backend', 5.5),
  column('latency', 'Latency', 6, true),
  column('first-token', 'First token', 6.5, true),
  column('tokens', 'Tokens', 5, true),
  column('rate', 'Tokens/s', 5.5, true),
  column('verdict', 'Syntax', 7),
  column('similarity', 'Similarity', 6, true),
  column('dangers', 'Dangers', 5.5, true),
];

/** Where there is not room for all: what is wanted most comes first. */
const BY_IMPORTANCE: readonly SortKey[] = [
  'time',
  'outcome',
  'latency',
  'tokens',
  'verdict',
  'first-token',
  'rate',
  'model',
  'dangers',
  'backend',
  'similarity',
];

/** Below this width a request takes two lines. */
export const COMPACT_BELOW_REM = 38;

const COMPACT_KEYS: readonly SortKey[] = ['time', 'outcome', 'latency', 'tokens', 'verdict'];

/** From left to right; those of a compact table where it is narrower than `COMPACT_BELOW_REM`. */
export function columnsFor(widthRem: number): readonly Column[] {
  if (widthRem < COMPACT_BELOW_REM) return COLUMNS.filter(({ key }) => COMPACT_KEYS.includes(key));
  const shown = new Set<SortKey>();
  let leftRem = widthRem;
  for (const key of BY_IMPORTANCE) {
    leftRem -= COLUMNS.find((column) => column.key === key)?.widthRem ?? 0;
    if (leftRem < 0) break;
    shown.add(key);
  }
  return COLUMNS.filter(({ key }) => shown.has(key));
}

/** `1.2 s`, `18.3`; an en dash where there is no value. For columns of plain text. */
export function cellText(key: SortKey, row: RequestRow): string {
  switch (key) {
    case 'model':
      return row.modelName ?? '–';
    case 'backend':
      return row.backend === null ? '–' : BACKEND_NAMES[row.backend];
    case 'latency':
      return duration(row.latencySeconds);
    case 'first-token':
      return duration(row.firstTokenSeconds);
    case 'tokens':
      return String(row.generatedTokens);
    case 'rate':
      return row.tokensPerSecond === null ? '–' : formatRate(row.tokensPerSecond);
    case 'similarity':
      return row.similarity === null ? '–' : row.similarity.toFixed(2);
    default:
      return '';
  }
}

const BACKEND_NAMES = { webgpu: 'WebGPU', wasm: 'WASM' } as const;

function duration(seconds: number | null): string {
  return seconds === null ? '–' : formatDuration(seconds * 1000);
}

function column(key: SortKey, label: string, widthRem: number, isNumber = false): Column {
  return { key, label, widthRem, isNumber };
}
