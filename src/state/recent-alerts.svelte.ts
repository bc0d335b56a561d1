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
      const { store } = access;
      const [alerts, book] = await Promise.all([store.alerts(MOST_ALERTS), store.book()]);
      if (alerts.ok && book.ok) this.#alerts = withFiring(alerts.value, book.value.firing);
    };
    access.onChange(() => void look());
    void look();
  }
}

/** What has been firing for longer than the newest alerts go back is among them all the same. */
export function withFiring(
  newest: readonly AlertRecord[],
  firing: readonly AlertRecord[],
): readonly AlertRecord[] {
  const older = firing.filter(({ id }) => !newest.some((known) => known.id === id));
  return [...newest, ...older];
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
