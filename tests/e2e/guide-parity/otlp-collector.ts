/** An OTLP receiver as a page needs one: it allows other origins, and takes what protobuf understands. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { OtlpSignal } from '../../../src/contracts/otlp.ts';
import { throughProtobuf } from '../../fixtures/otlp/receiver.ts';

export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly status: { readonly code?: number };
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

export interface ResourceSpans {
  readonly resource: { readonly attributes: readonly OtlpAttribute[] };
  readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
}

/** Ends with the test. */
export async function startCollector() {
  const resourceSpans: ResourceSpans[] = [];
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const part of request) body += String(part);
      response.setHeader('Access-Control-Allow-Origin', '*');
      response.setHeader('Access-Control-Allow-Headers', 'Content-Type');
      if (request.method === 'OPTIONS') return void response.writeHead(204).end();
      bodies.push(body);
      const signal = request.url?.split('/').at(-1) as OtlpSignal;
      try {
        const understood = throughProtobuf(signal, JSON.parse(body));
        if (signal === 'traces') {
          const { resourceSpans: got = [] } = understood as { resourceSpans?: ResourceSpans[] };
          resourceSpans.push(...got);
        }
        response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
      } catch (cause) {
        response.writeHead(400).end(String(cause));
      }
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, resourceSpans, bodies };
}

/** Value of an attribute, whatever its type; undefined where it has none. */
export function attributeOf(
  { attributes }: { readonly attributes: readonly OtlpAttribute[] },
  key: string,
): unknown {
  const value = attributes.find((attribute) => attribute.key === key)?.value;
  return value === undefined ? undefined : Object.values(value)[0];
}
