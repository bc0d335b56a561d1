/** The relay's own metrics, in the text format of Prometheus. No label holds anything that a client chose. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { SinkName } from '../src/contracts/relay.ts';

export interface MetricSources {
  readonly queueLength: () => ReadonlyMap<SinkName, number>;
  readonly deadLetters: () => ReadonlyMap<SinkName, number>;
  readonly lastDeliveredAtMs: () => ReadonlyMap<SinkName, number | null>;
  readonly firingAlerts: () => number;
  readonly journalBytes: () => number;
  readonly isJournalWritable: () => boolean;
  readonly uptimeSeconds: () => number;
  readonly startedAtMs: number;
}

export type RelayMetrics = ReturnType<typeof createMetrics>;

export function createMetrics(sources: MetricSources) {
  const registry = new Registry();
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  const sinkGauge = (
    name: string,
    help: string,
    read: () => ReadonlyMap<SinkName, number | null>,
  ): void => {
    new Gauge({
      name,
      help,
      registers,
      labelNames: ['sink'],
      collect() {
        for (const [sink, value] of read()) if (value !== null) this.set({ sink }, value);
      },
    });
  };

  sinkGauge('relay_queue_length', 'Alerts that wait for delivery.', sources.queueLength);
  sinkGauge('relay_dead_letters', 'Alerts that no attempt delivered.', sources.deadLetters);
  sinkGauge(
    'relay_last_delivery_timestamp_seconds',
    'When an alert was delivered last, in Unix time.',
    () => {
      const times = [...sources.lastDeliveredAtMs()];
      return new Map(times.map(([sink, ms]) => [sink, ms === null ? null : ms / 1000]));
    },
  );
  gauge(
    'relay_firing_alerts',
    'Alerts that fire by the last word of each page.',
    sources.firingAlerts,
  );
  gauge('relay_journal_size_bytes', 'Size of the journal of alerts.', sources.journalBytes);
  gauge('relay_journal_writable', '1 where the last write to the journal worked, else 0.', () =>
    Number(sources.isJournalWritable()),
  );
  gauge(
    'relay_uptime_seconds',
    'How long the relay has been running, by the monotonic clock.',
    sources.uptimeSeconds,
  );
  gauge(
    'process_start_time_seconds',
    'When the relay was started, in Unix time.',
    () => sources.startedAtMs / 1000,
  );
  gauge(
    'nodejs_heap_used_bytes',
    'Objects on the heap, garbage that was not collected yet included.',
    () => process.memoryUsage().heapUsed,
  );
  gauge(
    'nodejs_heap_size_bytes',
    'What the heap takes of the memory, room for new objects included.',
    () => process.memoryUsage().heapTotal,
  );
  gauge(
    'nodejs_external_memory_bytes',
    'Buffers and other memory outside the heap that its objects hold.',
    () => process.memoryUsage().external,
  );
  gauge('process_resident_memory_bytes', 'Memory that the process holds.', () =>
    process.memoryUsage.rss(),
  );
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time that the process has used.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });

  const requests = new Counter({
    name: 'relay_http_requests_total',
    help: 'Answers by address pattern and status.',
    labelNames: ['route', 'status'],
    registers,
  });
  const lostAlerts = new Counter({
    name: 'relay_alerts_lost_total',
    help: 'Alerts that the relay no longer has and did not deliver, by reason.',
    labelNames: ['reason'],
    registers,
  });
  // From 0 on: of a series that begins with the first loss Prometheus sees no increase.
  lostAlerts.inc({ reason: 'dead_letter_overflow' }, 0);
  /** By route and status: looking up labels costs more than counting. */
  const requestsOf = new Map<string, ReturnType<typeof requests.labels>>();

  return {
    registry,
    countRequest(route: string, status: number): void {
      const id = `${status} ${route}`;
      let counter = requestsOf.get(id);
      if (counter === undefined) {
        requestsOf.set(id, (counter = requests.labels({ route, status: String(status) })));
      }
      counter.inc();
    },
    alertsAccepted: new Counter({
      name: 'relay_alerts_accepted_total',
      help: 'Alerts that were written to the journal, by state.',
      labelNames: ['state'],
      registers,
    }),
    repeatedPosts: new Counter({
      name: 'relay_repeated_posts_total',
      help: 'Posts that had been accepted before, and were answered with the stored answer.',
      registers,
    }),
    deliveries: new Counter({
      name: 'relay_delivery_attempts_total',
      help: 'Attempts to deliver, by sink and how they ended, counted per alert.',
      labelNames: ['sink', 'result'],
      registers,
    }),
    deliverySeconds: new Histogram({
      name: 'relay_delivery_delay_seconds',
      help: 'From accepted to delivered.',
      labelNames: ['sink'],
      buckets: [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400],
      registers,
    }),
    lostAlerts,
    leftOutAlerts: new Counter({
      name: 'relay_alerts_left_out_total',
      help: 'Firing alerts that are no longer repeated to Alertmanager, as it refused each by itself.',
      registers,
    }),
    journalSeconds: new Histogram({
      name: 'relay_journal_sync_seconds',
      help: 'Duration of writes to the journal, fsync included.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    }),
    damagedLines: new Counter({
      name: 'relay_journal_damaged_lines_total',
      help: 'Lines of the journals that could not be read at the start.',
      registers,
    }),
    rateLimited: new Counter({
      name: 'relay_rate_limited_total',
      help: 'Requests that were over a limit, by which.',
      labelNames: ['limit'],
      registers,
    }),
    telemetryPosts: new Counter({
      name: 'relay_telemetry_posts_total',
      help: 'Posts of telemetry. gap: earlier ones of the same page never arrived. alive: nothing was to be counted.',
      labelNames: ['result'],
      registers,
    }),
    telemetryDropped: new Counter({
      name: 'relay_telemetry_dropped_series_total',
      help: 'Series of telemetry that are not in the table of metrics, or more than are kept apart.',
      labelNames: ['reason'],
      registers,
    }),
  };
}
