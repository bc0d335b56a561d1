/** What the routes share: the parts of the relay, and who may use them. */
import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import type { Access, Client } from '../access.ts';
import type { AlertRelay } from '../alert-relay.ts';
import type { Clock } from '../clock.ts';
import type { RelayConfig } from '../config.ts';
import type { RelayMetrics } from '../metrics.ts';
import type { Telemetry } from '../telemetry.ts';
import type { TokenFile } from '../tokens.ts';

export interface RelayParts {
  readonly config: RelayConfig;
  readonly relay: AlertRelay;
  readonly telemetry: Telemetry;
  readonly tokens: TokenFile;
  readonly metrics: RelayMetrics;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
  readonly version: string;
  readonly startedAtMs: number;
  readonly uptimeSeconds: () => number;
  /** Whether it is about to stop and takes nothing new. */
  readonly isStopping: () => boolean;
}

export interface RouteContext extends RelayParts {
  readonly access: Access;
  /** @throws RefusalError for a client that may send nothing */
  readonly requireClient: (request: FastifyRequest) => Client;
  /** @throws RefusalError for everybody but the operator */
  readonly requireAdmin: (request: FastifyRequest) => void;
}
