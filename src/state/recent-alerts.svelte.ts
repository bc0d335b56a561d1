/** The newest alerts, for the bar and the Monitor page: what fires, and when something did. */
import type { AlertRecord } from '../contracts/alert-record.ts';
import type { AlertAccess } from '../monitor/alert-access.ts';

const MOST_ALERTS = 200;
const RANK = { critical: 0, warning: 1, info: 2 } as const;

export class RecentAlerts {
  #alerts = $state.raw<readonly AlertRecord[]>([]);

  /** Newest first. */
  get alerts(): readonly AlertRecord[] {
    return this.#alerts;
  }

  /** Worst first. */
  get firing(): readonly AlertRecord[] {
    return worstFirst(this.#alerts.filter(({ state }) => state === 'firing'));
  }

  /** How many fire that are neither silenced nor explained by others. */
  get toldCount(): number {
    return this.firing.filter(({ mutedBy }) => mutedBy === null).length;
  }

  /** To be called once alerting is there. */
  follow(access: Pick<AlertAccess, 'store' | 'onChange'>): void {
    const look = async (): Promise<void> => {
      const alerts = await access.store.alerts(MOST_ALERTS);
      if (alerts.ok) this.#alerts = alerts.value;
    };
    access.onChange(() => void look());
    void look();
  }
}

/** Those that nobody is told of come last. */
export function worstFirst(alerts: readonly AlertRecord[]): readonly AlertRecord[] {
  return alerts.toSorted(
    (a, b) =>
      Number(a.mutedBy !== null) - Number(b.mutedBy !== null) ||
      RANK[a.labels.severity] - RANK[b.labels.severity] ||
      b.startsAtMs - a.startsAtMs,
  );
}
