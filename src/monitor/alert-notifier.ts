/** Notifications of the browser: alerts reach whoever sits at this device, with no relay at all. */
import type { AlertRecord } from '../contracts/alert-record.ts';
import { viewOf } from '../core/alerts/alert-message.ts';

export type NotificationState = NotificationPermission | 'unsupported';

export interface AlertNotifierOptions {
  /** Address of the page without its fragment. */
  readonly pageUrl: string;
  readonly epochNow: () => number;
}

const WORDS = { firing: 'Firing', resolved: 'Resolved', stale: 'Unknown' } as const;

export class AlertNotifier {
  readonly #options: AlertNotifierOptions;

  constructor(options: AlertNotifierOptions) {
    this.#options = options;
  }

  get state(): NotificationState {
    return 'Notification' in globalThis ? Notification.permission : 'unsupported';
  }

  /** Only in answer to a click. Never rejects. */
  async askPermission(): Promise<NotificationState> {
    try {
      if (this.state === 'default') await Notification.requestPermission();
    } catch {
      // Not allowed to ask, as in a frame.
    }
    return this.state;
  }

  /** Never throws. */
  show(alerts: readonly AlertRecord[]): void {
    if (this.state !== 'granted') return;
    for (const alert of alerts) void this.#show(alert);
  }

  async #show(alert: AlertRecord): Promise<void> {
    const { pageUrl, epochNow } = this.#options;
    const title = `${WORDS[alert.state]}: ${alert.labels.alertname}`;
    const url = pageUrl + viewOf(alert, epochNow());
    // The end of an alert takes the place of its beginning.
    const options = { body: alert.summary, tag: alert.fingerprint, data: { url } };
    try {
      // Phones show only what a service worker shows.
      const registration = await navigator.serviceWorker.getRegistration();
      if (registration?.active != null) return await registration.showNotification(title, options);
      const notification = new Notification(title, options);
      notification.onclick = () => {
        window.focus();
        location.href = url;
      };
    } catch {
      // Not offered here; the page shows the alert.
    }
  }
}
