/** Alerts in words and signs: what is said is said the same everywhere. */
import type { Severity } from '../../contracts/alert.ts';
import type { AlertRecord, DeliveryResult, RelayState } from '../../contracts/alert-record.ts';
import type { SinkName } from '../../contracts/relay.ts';
import { silenceWords, type Receiver } from '../shared/receiver-words.ts';

export const SEVERITY_WORDS: Readonly<Record<Severity, string>> = {
  critical: 'Critical',
  warning: 'Warning',
  info: 'Info',
};

export const STATE_WORDS: Readonly<Record<AlertRecord['state'], string>> = {
  firing: 'Firing',
  resolved: 'Resolved',
  stale: 'Unknown',
};

export const SINK_WORDS: Readonly<Record<SinkName, string>> = {
  slack: 'Slack',
  email: 'e-mail',
  alertmanager: 'Alertmanager',
};

export const RESULT_WORDS: Readonly<Record<DeliveryResult, string>> = {
  accepted: 'Taken by the relay',
  failed: 'Not taken yet',
  dead: 'Refused',
  expired: 'Given up: too old',
  overflowed: 'Given up: too many waited',
  discarded: 'Discarded',
  'no-relay': 'Kept here: no relay',
};

/** `Slack, e-mail` */
export function sinkWords(sinks: readonly SinkName[]): string {
  return sinks.map((sink) => SINK_WORDS[sink]).join(', ');
}

/**
 * Where alerts go.
 * @param receiver where the relay is that somebody has chosen; null for the one of this site
 */
export function relayWords(
  relay: RelayState,
  receiver: Receiver | null = null,
  hasToken = true,
): string {
  switch (relay.kind) {
    case 'unknown':
      return 'Asking for a relay…';
    case 'absent':
      return 'This site has no relay: alerts stay in this browser.';
    case 'unreachable':
      return receiver === null
        ? 'The relay does not answer: alerts wait here for it, for two days at most.'
        : `${silenceWords(receiver, 'No relay answers there.')} Until then alerts wait here, for two days at most.`;
    case 'token-refused':
      if (!hasToken) return 'The relay asks for a token: alerts that it refuses are listed below.';
      return 'The relay does not take this device’s token: alerts that it refuses are listed below.';
    case 'present':
      return relay.sinks.length === 0
        ? 'There is a relay, but it passes alerts on to nobody: they stay in this browser.'
        : `The relay passes alerts on to ${sinkWords(relay.sinks)}.`;
  }
}
