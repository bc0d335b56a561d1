import { expect, test, vi } from 'vitest';
import {
  ServiceWorkerClient,
  type ServiceWorkerClientOptions,
} from '../../../src/bridge/service-worker-client.ts';

class FakeWorker extends EventTarget {
  state: ServiceWorkerState = 'installing';
  readonly postMessage = vi.fn();

  become(state: ServiceWorkerState): void {
    this.state = state;
    this.dispatchEvent(new Event('statechange'));
  }
}

class FakeRegistration extends EventTarget {
  installing: FakeWorker | null = null;
  waiting: FakeWorker | null = null;
  active: FakeWorker | null = null;
  readonly update = vi.fn(() => Promise.resolve());
}

class FakeContainer extends EventTarget {
  controller: FakeWorker | null = null;
  readonly registration = new FakeRegistration();
  readonly ready = Promise.resolve(this.registration);
  readonly register = vi.fn(() => Promise.resolve(this.registration));

  control(worker: FakeWorker): void {
    this.controller = worker;
    this.dispatchEvent(new Event('controllerchange'));
  }
}

function setUp(options: Partial<ServiceWorkerClientOptions> = {}) {
  const container = new FakeContainer();
  const memory = new Map<string, string>();
  const reload = vi.fn();
  const onUpdateReady = vi.fn<(apply: () => void) => void>();
  const onOfflineReady = vi.fn();
  const client = new ServiceWorkerClient({
    container: container as unknown as ServiceWorkerContainer,
    scriptUrl: 'http://localhost/sw.js',
    isolated: false,
    isInUse: () => false,
    session: {
      getItem: (key) => memory.get(key) ?? null,
      setItem: (key, value) => void memory.set(key, value),
    },
    reload,
    onUpdateReady,
    onOfflineReady,
    ...options,
  });
  return { client, container, memory, reload, onUpdateReady, onOfflineReady };
}

test('reloads a page that is not isolated once the service worker controls it, and only once', async () => {
  const { client, container, reload } = setUp();
  await client.start();
  expect(reload).not.toHaveBeenCalled();

  container.control(new FakeWorker());
  container.control(new FakeWorker());

  expect(reload).toHaveBeenCalledTimes(1);
});

test('does not reload for isolation in a tab that was reloaded for it before', async () => {
  const { client, container, memory, reload } = setUp();
  memory.set('shellwright:reloaded-for-isolation', 'yes');
  await client.start();

  container.control(new FakeWorker());

  expect(reload).not.toHaveBeenCalled();
});

test('does not reload a page that is isolated already', async () => {
  const { client, container, reload } = setUp({ isolated: true });
  await client.start();

  container.control(new FakeWorker());

  expect(reload).not.toHaveBeenCalled();
});

test('does not take a page away from someone who uses it', async () => {
  const { client, container, reload } = setUp({ isInUse: () => true });
  await client.start();

  container.control(new FakeWorker());

  expect(reload).not.toHaveBeenCalled();
});

test('says that the app is kept for offline use', async () => {
  const { client, onOfflineReady } = setUp();
  expect(await client.start()).toBe(true);
  expect(onOfflineReady).toHaveBeenCalledTimes(1);
});

test('does without a service worker where the browser has none or refuses', async () => {
  expect(await setUp({ container: null }).client.start()).toBe(false);

  const { client, container, onOfflineReady } = setUp();
  container.register.mockRejectedValue(new DOMException('denied', 'SecurityError'));
  expect(await client.start()).toBe(false);
  expect(onOfflineReady).not.toHaveBeenCalled();
});

test('the first install is not an update', async () => {
  const { client, container, onUpdateReady } = setUp({ isolated: true });
  await client.start();
  const first = new FakeWorker();
  container.registration.installing = first;
  container.registration.dispatchEvent(new Event('updatefound'));

  first.become('installed');

  expect(onUpdateReady).not.toHaveBeenCalled();
});

test('an update waits until it is applied, and then reloads the page', async () => {
  const { client, container, onUpdateReady, reload } = setUp({ isolated: true });
  container.registration.active = new FakeWorker();
  await client.start();
  const next = new FakeWorker();
  container.registration.installing = next;
  container.registration.dispatchEvent(new Event('updatefound'));
  container.registration.waiting = next;
  next.become('installed');
  expect(onUpdateReady).toHaveBeenCalledTimes(1);
  expect(next.postMessage).not.toHaveBeenCalled();

  onUpdateReady.mock.calls[0]?.[0]();
  expect(next.postMessage).toHaveBeenCalledWith({ kind: 'activate' });
  expect(reload).not.toHaveBeenCalled();

  container.control(next);
  expect(reload).toHaveBeenCalledTimes(1);
});

test('an update that is being stored when the page is opened is told of once', async () => {
  const { client, container, onUpdateReady } = setUp({ isolated: true });
  const next = new FakeWorker();
  container.registration.active = new FakeWorker();
  container.registration.installing = next;
  await client.start();
  container.registration.dispatchEvent(new Event('updatefound'));
  expect(onUpdateReady).not.toHaveBeenCalled();

  next.become('installed');

  expect(onUpdateReady).toHaveBeenCalledTimes(1);
});

test('another tab that starts the new version does not reload this one', async () => {
  const { client, container, reload } = setUp({ isolated: true });
  container.registration.waiting = new FakeWorker();
  await client.start();

  container.control(new FakeWorker());

  expect(reload).not.toHaveBeenCalled();
});

test('applying an update that another tab has started already just reloads', async () => {
  const { client, container, onUpdateReady, reload } = setUp({ isolated: true });
  container.registration.waiting = new FakeWorker();
  await client.start();
  container.registration.waiting = null;

  onUpdateReady.mock.calls[0]?.[0]();

  expect(reload).toHaveBeenCalledTimes(1);
});

test('hands over which files to keep', async () => {
  const { client, container } = setUp({ isolated: true });
  const active = new FakeWorker();
  container.registration.active = active;
  await client.start();

  await client.keepForOffline(['http://localhost/assets/ort.wasm']);

  expect(active.postMessage).toHaveBeenCalledWith({
    kind: 'keep',
    urls: ['http://localhost/assets/ort.wasm'],
  });
});
