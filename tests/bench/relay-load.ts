/**
 * Posts as fast as a server answers, over connections that stay open, each with one request under way. Bare sockets, so
 * that the one who measures takes as little of the machine as it can.
 */
import { connect } from 'node:net';

export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  readonly requests: number;
  /** The whole request, headers included. */
  readonly request: (number: number) => string;
}

export interface LoadResult {
  readonly seconds: number;
  /** Ascending, in milliseconds. */
  readonly latenciesMs: readonly number[];
  readonly byStatus: ReadonlyMap<number, number>;
}

export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const latenciesMs: number[] = [];
  const byStatus = new Map<number, number>();
  let next = 0;
  const startedAtMs = performance.now();

  const runConnection = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(options.port, '127.0.0.1');
      let received = '';
      let sentAtMs = 0;
      const send = (): void => {
        if (next >= options.requests) return void socket.end();
        sentAtMs = performance.now();
        socket.write(options.request(next++));
      };
      socket.setNoDelay(true);
      socket.on('connect', send);
      socket.on('data', (bytes) => {
        received += bytes.toString('latin1');
        const status = completeStatus(received);
        if (status === null) return;
        received = '';
        latenciesMs.push(performance.now() - sentAtMs);
        byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
        send();
      });
      socket.on('error', reject);
      socket.on('close', () => {
        resolve();
      });
    });

  await Promise.all(Array.from({ length: options.connections }, runConnection));
  latenciesMs.sort((a, b) => a - b);
  return { seconds: (performance.now() - startedAtMs) / 1000, latenciesMs, byStatus };
}

/** The status of an answer that has arrived to its end; null for one that has not. */
function completeStatus(received: string): number | null {
  const headersEnd = received.indexOf('\r\n\r\n');
  if (headersEnd < 0) return null;
  const bodyLength = Number(/^content-length: (\d+)/im.exec(received)?.[1] ?? 0);
  return received.length >= headersEnd + 4 + bodyLength ? Number(received.slice(9, 12)) : null;
}
