/** Opens what alerting keeps on the disk. */
import { openDatabase } from './database.ts';
import { IndexedDbAlerts } from './indexed-db-alerts.ts';

/** Rejects where the browser denies storage, or has a database that it cannot read. */
export async function openAlerts(onClosed: () => void): Promise<IndexedDbAlerts> {
  return new IndexedDbAlerts(await openDatabase({ onClosed }));
}
