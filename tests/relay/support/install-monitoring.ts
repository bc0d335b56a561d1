/** Global setup of the relay's tests: they run against the real Prometheus and Alertmanager. */
import { findOrInstallMonitoring } from '../../../scripts/find-monitoring.mjs';

export function setup(): void {
  findOrInstallMonitoring();
}
