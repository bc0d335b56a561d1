/**
 * The relay's log: one JSON object a line. What is said of a request, an answer or an error is an allow-list, since
 * addresses, headers and messages of errors can hold secrets, and bodies can hold what people typed.
 */
import { pino, type DestinationStream, type Logger } from 'pino';
import type { RelayConfig } from './config.ts';

export type RelayLog = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

export function createLog(level: RelayConfig['logLevel'], destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service: 'shellwright-relay' },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: {
      req: () => undefined,
      res: () => undefined,
      err: describeError,
    },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** Name, code and where it was thrown, without the message. */
export function describeError(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { name: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    name: error.name,
    code,
    at: frames.slice(0, 6).map((line) => line.trim()),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}
