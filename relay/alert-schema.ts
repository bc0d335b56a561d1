/** What `POST /v1/alerts` takes, as JSON Schema: `AlertPost` of the contracts, with a bound on everything. */
import { SEVERITIES } from '../src/contracts/alert.ts';

/** What an outbox may choose as the name of a post, with or without the quotes of a structured field. */
export const IDEMPOTENCY_KEY = /^"?([\w.:-]{8,128})"?$/;

/** As many as Prometheus puts into one request. */
const MAX_ALERTS = 64;
const text = (maxLength: number) => ({ type: 'string', maxLength }) as const;
const TIME = { type: 'string', maxLength: 40, format: 'instant' } as const;
const TIME_OR_NULL = { ...TIME, type: ['string', 'null'] } as const;

const SHORTEST_MONTH_DAYS = 28;
/** Date, time and offset of RFC 3339, each field within its bounds. */
const INSTANT =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Whether `Date` can read it: no leap second, which Ajv's `date-time` takes though it has no number of milliseconds. Nor
 * a day that its month does not have: `Date` makes 2 March of 30 February, but Alertmanager refuses all that is posted
 * with it.
 */
export function isInstant(time: string): boolean {
  if (!INSTANT.test(time)) return false;
  const day = Number(time.slice(8, 10));
  return day <= SHORTEST_MONTH_DAYS || new Date(time.slice(0, 10)).getUTCDate() === day;
}

function strictObject(properties: Readonly<Record<string, unknown>>) {
  return {
    type: 'object',
    additionalProperties: false,
    required: Object.keys(properties),
    properties,
  } as const;
}

const ALERT = strictObject({
  fingerprint: { type: 'string', pattern: '^[0-9a-f]{16}$' },
  ruleId: { type: 'string', minLength: 1, maxLength: 100 },
  state: { enum: ['firing', 'resolved', 'stale', 'test'] },
  labels: {
    type: 'object',
    required: ['alertname', 'severity'],
    maxProperties: 16,
    properties: {
      alertname: { type: 'string', minLength: 1, maxLength: 100 },
      severity: { enum: [...SEVERITIES] },
    },
    // As Prometheus has them; two underscores in front are its own.
    propertyNames: { pattern: '^(?!__)[a-zA-Z_][a-zA-Z0-9_]{0,63}$' },
    additionalProperties: text(200),
  },
  summary: text(500),
  value: { type: ['number', 'null'] },
  threshold: { type: 'number' },
  unit: { enum: ['seconds', 'ratio', 'requests', 'events'] },
  windowSeconds: { type: 'number', minimum: 0, maximum: 1e9 },
  n: { type: 'integer', minimum: 0, maximum: 1e12 },
  startsAt: TIME,
  endsAt: TIME_OR_NULL,
  link: text(2_000),
  runbook: text(1_000),
});

export const ALERT_POST_SCHEMA = strictObject({
  schemaVersion: { const: 1 },
  route: { type: 'string', pattern: '^[a-z][a-z0-9-]{0,31}$' },
  sentAt: TIME,
  app: strictObject({ name: { const: 'shellwright' }, version: text(40) }),
  alerts: { type: 'array', minItems: 1, maxItems: MAX_ALERTS, items: ALERT },
});
