/** Under which model and backend a request is counted: `none` where no model took part. */
import type { RequestRecord } from '../../contracts/request-record.ts';
import type { RollupDimensions } from '../../contracts/rollup.ts';

export function engineDimensions({
  engine,
}: Pick<RequestRecord, 'engine'>): Pick<RollupDimensions, 'model' | 'backend'> {
  return { model: engine?.modelId ?? 'none', backend: engine?.backend ?? 'none' };
}
