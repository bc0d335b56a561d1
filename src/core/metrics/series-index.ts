/** Series keys taken apart once: reading thousands of rows meets the same few keys again and again. */
import type { SeriesKey } from '../../contracts/rollup.ts';
import { parseSeriesKey, type ParsedSeriesKey } from './series-key.ts';

export class SeriesIndex {
  readonly #parsed = new Map<SeriesKey, ParsedSeriesKey>();

  /** A key that cannot be taken apart is a name of its own. */
  get(key: SeriesKey): ParsedSeriesKey {
    let parsed = this.#parsed.get(key);
    if (parsed === undefined) {
      parsed = parseSeriesKey(key) ?? { name: key, labels: {} };
      this.#parsed.set(key, parsed);
    }
    return parsed;
  }
}
