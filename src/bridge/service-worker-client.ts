/**
 * The page's side of the service worker: registers it, tells when a new version waits, and reloads a page once that
 * only the service worker can make cross-origin isolated.
 */
import type { ServiceWorkerMessage } from '../contracts/service-worker.ts';

export interface ServiceWorkerClientOptions {
  /** Null where the browser has none: an insecure address, some private windows. */
  readonly container: ServiceWorkerContainer | null;
  readonly scriptUrl: string;
  /** Whether the page is isolated: `crossOriginIsolated`. */
  readonly isolated: boolean;
  /** Whether the user has done something in this page already, which a reload would throw away. */
  readonly isInUse: () => boolean;
  /** Remembers across a reload, in this tab only. */
  readonly session: Pick<Storage, 'getItem' | 'setItem'>;
  readonly reload: () => void;
  /** A new version is stored and waits. `apply` starts it and reloads the page into it. */
  readonly onUpdateReady: (apply: () => void) => void;
  /** The app's files are stored: from now on it opens without a network. */
  readonly onOfflineReady: () => void;
}

const RELOADED_KEY = 'shellwright:reloaded-for-isolation';
const UPDATE_CHECK_INTERVAL_MS = 3_600_000;

export class ServiceWorkerClient {
  readonly #options: ServiceWorkerClientOptions;
  #registration: ServiceWorkerRegistration | null = null;
  #isUpdating = false;
  #watched: ServiceWorker | null = null;

  constructor(options: ServiceWorkerClientOptions) {
    this.#options = options;
  }

  /** Resolves to whether the app is kept for offline use. Never rejects: the app works without, online. */
  async start(): Promise<boolean> {
    const { container, scriptUrl } = this.#options;
    if (container === null) return false;
    container.addEventListener('controllerchange', () => this.#onControllerChange());
    try {
      const registration = await container.register(scriptUrl, { updateViaCache: 'none' });
      this.#registration = registration;
      this.#watch(registration);
      await container.ready;
      this.#options.onOfflineReady();
      return true;
    } catch {
      return false; // Blocked by the browser's settings or no network: nothing is lost but offline use.
    }
  }

  /**
   * Keeps files of the app that may have been loaded before the service worker saw it, such as ONNX Runtime's.
   * @param urls absolute
   */
  async keepForOffline(urls: readonly string[]): Promise<void> {
    if (this.#registration === null || this.#options.container === null) return;
    const { active } = await this.#options.container.ready;
    if (active !== null) send(active, { kind: 'keep', urls });
  }

  readonly #applyUpdate = (): void => {
    const waiting = this.#registration?.waiting;
    if (waiting === null || waiting === undefined) {
      this.#options.reload(); // Another tab has started it already.
      return;
    }
    this.#isUpdating = true;
    send(waiting, { kind: 'activate' });
  };

  #watch(registration: ServiceWorkerRegistration): void {
    if (registration.waiting !== null) this.#options.onUpdateReady(this.#applyUpdate);
    registration.addEventListener('updatefound', () => this.#watchInstalling(registration));
    // Its event came before this page was there, or is still to come.
    this.#watchInstalling(registration);
    // A page that stays open for days, as a monitor does, would not ask by itself.
    setInterval(() => void registration.update().catch(() => undefined), UPDATE_CHECK_INTERVAL_MS);
    this.#reloadForIsolation();
  }

  #watchInstalling(registration: ServiceWorkerRegistration): void {
    const next = registration.installing;
    if (next === null || next === this.#watched) return;
    this.#watched = next;
    next.addEventListener('statechange', () => {
      // Without an active one this is the first install, not an update.
      if (next.state === 'installed' && registration.active !== null)
        this.#options.onUpdateReady(this.#applyUpdate);
    });
  }

  #onControllerChange(): void {
    if (this.#isUpdating) this.#options.reload();
    else this.#reloadForIsolation();
  }

  #reloadForIsolation(): void {
    const { container, isolated, isInUse, session, reload } = this.#options;
    if (isolated || container?.controller == null || isInUse()) return;
    // Once per tab, or a browser that cannot isolate the page would reload for ever.
    if (session.getItem(RELOADED_KEY) !== null) return;
    session.setItem(RELOADED_KEY, 'yes');
    reload();
  }
}

function send(worker: ServiceWorker, message: ServiceWorkerMessage): void {
  worker.postMessage(message);
}
