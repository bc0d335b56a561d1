/** Opens what monitoring keeps on the disk. */
import { openDatabase } from './database.ts';
import { IndexedDbMonitor } from './indexed-db-monitor.ts';

/** Rejects where the browser denies storage, or has a database that it cannot read. */
export async function openMonitor(onClosed: () => void): Promise<IndexedDbMonitor> {
  return new IndexedDbMonitor(await openDatabase({ onClosed }), () => performance.now());
}
