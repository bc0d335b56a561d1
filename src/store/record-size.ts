/** What a request record takes on the disk: an estimate, but the same one when it is written and when it is pruned. */
import type { RequestRecord } from '../contracts/request-record.ts';

/** Names and fixed fields of a record as the browser serialises them, with its entries in four indexes. */
const FIXED_BYTES = 1_800;
/** A double with its tag. */
const BYTES_PER_GAP = 9;

export function estimateRecordBytes({ tokenGapsMs }: RequestRecord): number {
  return FIXED_BYTES + BYTES_PER_GAP * tokenGapsMs.length;
}
