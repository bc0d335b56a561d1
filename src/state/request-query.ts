/** What the Requests page shows, as the query of its address: a link to it shows the same to whoever opens it. */
import { OUTCOMES, type Outcome } from '../contracts/request-record.ts';
import type { SyntaxResult } from '../contracts/syntax.ts';
import { WINDOWS, type TimeRange, type WindowName } from '../core/metrics/dashboard-shape.ts';
import { SORT_KEYS, type RowFilter, type Sort } from '../core/trace/request-row.ts';

export interface RequestQuery {
  readonly filter: RowFilter;
  /** The newest part of time; null shows all that there is. */
  readonly window: WindowName | null;
  /** Requests that ended in it, as a chart counts them; in place of the window. */
  readonly range: TimeRange | null;
  readonly sort: Sort;
  /** The request that is shown in detail. */
  readonly id: string | null;
}

export const VERDICTS = [
  'valid',
  'invalid',
  'empty',
  'unchecked',
] as const satisfies readonly SyntaxResult[];

export const NO_ROW_FILTER: RowFilter = {
  outcome: null,
  model: null,
  backend: null,
  verdict: null,
  latency: null,
  text: '',
};

export const NEWEST_FIRST: Sort = { key: 'time', isDescending: true };

const OUTCOME_CHOICES: readonly (Outcome | 'active')[] = [...OUTCOMES, 'active'];

/** Dates beyond are not dates. */
const LAST_DATE_MS = 8.64e15;

/** Takes what is valid and the defaults for the rest: an address is not a form. */
export function parseRequestQuery(query: URLSearchParams): RequestQuery {
  return {
    filter: {
      outcome: oneOf(OUTCOME_CHOICES, query.get('outcome')),
      model: query.get('model'),
      backend: query.get('backend'),
      verdict: oneOf(VERDICTS, query.get('verdict')),
      latency: parseLatency(query.get('latencyFrom'), query.get('latencyTo')),
      text: query.get('q') ?? '',
    },
    window: oneOf(WINDOWS, query.get('window')),
    range: parseRange(query.get('from'), query.get('to')),
    sort: parseSort(query.get('sort')),
    id: query.get('id'),
  };
}

/** Defaults are left out. */
export function formatRequestQuery({
  filter,
  window,
  range,
  sort,
  id,
}: RequestQuery): URLSearchParams {
  const query = new URLSearchParams();
  const set = (name: string, value: string | number | null): void => {
    if (value !== null && value !== '') query.set(name, String(value));
  };
  set('id', id);
  set('window', window);
  set('from', range?.fromMs ?? null);
  set('to', range?.toMs ?? null);
  set('outcome', filter.outcome);
  set('model', filter.model);
  set('backend', filter.backend);
  set('verdict', filter.verdict);
  set('latencyFrom', filter.latency?.fromSeconds ?? null);
  set('latencyTo', filter.latency?.toSeconds ?? null);
  set('q', filter.text);
  if (sort.key !== NEWEST_FIRST.key || sort.isDescending !== NEWEST_FIRST.isDescending) {
    set('sort', `${sort.isDescending ? '-' : ''}${sort.key}`);
  }
  return query;
}

function oneOf<T extends string>(choices: readonly T[], text: string | null): T | null {
  return choices.find((choice) => choice === text) ?? null;
}

function parseSort(text: string | null): Sort {
  const [, minus, name] = /^(-?)([a-z-]+)$/u.exec(text ?? '') ?? [];
  const key = oneOf(SORT_KEYS, name ?? null);
  return key === null ? NEWEST_FIRST : { key, isDescending: minus === '-' };
}

function parseRange(from: string | null, to: string | null): TimeRange | null {
  const fromMs = parseNumber(from, LAST_DATE_MS);
  const toMs = parseNumber(to, LAST_DATE_MS);
  return fromMs !== null && toMs !== null && toMs > fromMs ? { fromMs, toMs } : null;
}

function parseLatency(from: string | null, to: string | null): RowFilter['latency'] {
  const fromSeconds = parseNumber(from, 1e6);
  const toSeconds = parseNumber(to, 1e6);
  if (fromSeconds === null || toSeconds === null || toSeconds <= fromSeconds) return null;
  return { fromSeconds, toSeconds };
}

function parseNumber(text: string | null, most: number): number | null {
  if (text === null || !/^\d{1,16}(?:\.\d{1,17})?(?:e-\d{1,3})?$/u.test(text)) return null;
  const value = Number(text);
  return value <= most ? value : null;
}
