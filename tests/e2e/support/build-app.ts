/** Global setup of the end-to-end tests: they run against the built app. */
import { buildIfChanged } from '../../../scripts/build.mjs';

export function setup(): void {
  buildIfChanged();
}
