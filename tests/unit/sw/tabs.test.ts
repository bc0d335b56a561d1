import { afterEach, describe, expect, it } from 'vitest';
import type { EndpointCall, EndpointNews, TabQuestion } from '../../../src/contracts/endpoint.ts';
import type { HealthReport } from '../../../src/contracts/health.ts';
import { Tabs } from '../../../src/sw/endpoints/tabs.ts';

const SCOPE = 'https://example.org/app/';
const HEALTH: TabQuestion = { kind: 'health', isDeep: false, askers: 1 };
const STANDING: TabQuestion = { kind: 'standing' };

const ports: MessagePort[] = [];

afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

/** Locks that the test frees: who asks for one waits until then. */
class FakeLocks {
  readonly #waiting = new Map<string, (() => void)[]>();

  readonly request = ((name: string, { signal }: LockOptions, callback: () => void) =>
    new Promise<void>((resolve, reject) => {
      const granted = (): void => {
        callback();
        resolve();
      };
      this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), granted]);
      signal?.addEventListener('abort', () => {
        const rest = (this.#waiting.get(name) ?? []).filter((one) => one !== granted);
        this.#waiting.set(name, rest);
        reject(new DOMException('', 'AbortError'));
      });
    })) as LockManager['request'];

  free(name: string): void {
    for (const granted of this.#waiting.get(name) ?? []) granted();
    this.#waiting.delete(name);
  }

  waiting(name: string): number {
    return this.#waiting.get(name)?.length ?? 0;
  }
}

class FakeTab {
  readonly name: string;
  isReady: boolean;
  isLeader: boolean;
  isMute = false;
  greetings = 0;
  readonly asked: TabQuestion[] = [];

  constructor(name: string, { isReady = true, isLeader = true } = {}) {
    this.name = name;
    this.isReady = isReady;
    this.isLeader = isLeader;
  }

  get client() {
    const postMessage = (_: unknown, [transferred]: Transferable[]): void => {
      const port = transferred as MessagePort;
      this.greetings += 1;
      ports.push(port);
      const say = (news: EndpointNews): void => port.postMessage(news);
      port.onmessage = ({ data }: MessageEvent<EndpointCall>) => {
        if (data.kind === 'ask') this.#answer(data.id, data.question, say);
      };
      const { isReady, isLeader } = this;
      say({ kind: 'here', lock: this.name, isReady, isLeader });
    };
    return { url: SCOPE, postMessage };
  }

  #answer(id: number, question: TabQuestion, say: (news: EndpointNews) => void): void {
    this.asked.push(question);
    if (this.isMute) return;
    if (question.kind === 'standing') {
      const standing = {
        startedAtEpochMs: 1,
        uptimeSeconds: 2,
        memoryUsedRatio: null,
        storageUsedRatio: null,
      };
      return say({ kind: 'answer', id, answer: { kind: 'standing', standing } });
    }
    const report = { modelLoaded: this.isReady, modelId: this.name } as HealthReport;
    say({ kind: 'answer', id, answer: { kind: 'health', report, vocabularySize: null } });
  }
}

function setUp(...open: FakeTab[]) {
  const locks = new FakeLocks();
  const clients = { matchAll: () => Promise.resolve(open.map(({ client }) => client)) };
  const tabs = new Tabs({
    clients,
    locks,
    scope: SCOPE,
  });
  const modelOf = async (): Promise<string | null> => {
    const answer = await tabs.ask(HEALTH, 1_000);
    return answer?.kind === 'health' ? answer.report.modelId : null;
  };
  return { locks, tabs, open, modelOf };
}

describe('Tabs', () => {
  it('asks a ready leader again without looking for others', async () => {
    const leader = new FakeTab('leader');
    const { tabs, modelOf, locks } = setUp(leader, new FakeTab('other', { isLeader: false }));
    expect(await modelOf()).toBe('leader');
    expect(await Promise.all([modelOf(), modelOf()])).toEqual(['leader', 'leader']);
    expect(await tabs.standing()).toMatchObject({ uptimeSeconds: 2 });
    expect(leader.greetings).toBe(1);
    expect(leader.asked).toHaveLength(4);
    expect(locks.waiting('leader')).toBe(1);
  });

  it('looks again each time while there may be a better one, and keeps nothing open', async () => {
    const tab = new FakeTab('empty', { isReady: false });
    const { modelOf, locks, open } = setUp(tab);
    await modelOf();
    expect(locks.waiting('empty')).toBe(0);
    open.push(new FakeTab('loaded', { isLeader: false }));
    expect(await modelOf()).toBe('loaded');
    expect(tab.greetings).toBe(2);
  });

  it('looks again when the model of the one that it knows is gone', async () => {
    const first = new FakeTab('first');
    const { modelOf } = setUp(first, new FakeTab('second', { isLeader: false }));
    await modelOf();
    first.isReady = false;
    // Its word that it has none is an answer, and counted there.
    expect(await modelOf()).toBe('first');
    expect(await modelOf()).toBe('second');
  });

  it('asks another where the one that it knows has gone meanwhile', async () => {
    const first = new FakeTab('first');
    const { modelOf, locks, open } = setUp(first);
    await modelOf();
    first.isMute = true;
    const answer = modelOf();
    open.splice(0, 1, new FakeTab('second'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    locks.free('first');
    expect(await answer).toBe('second');
  });

  it('has no answer of a tab that says nothing in time, and forgets it', async () => {
    const tab = new FakeTab('busy');
    const { tabs, modelOf } = setUp(tab);
    await modelOf();
    tab.isMute = true;
    expect(await tabs.ask(STANDING, 20)).toBeNull();
    tab.isMute = false;
    expect(await modelOf()).toBe('busy');
    expect(tab.greetings).toBe(2);
  });

  it('has no answer where no tab is open, and finds one that is opened later', async () => {
    const { tabs, modelOf, open } = setUp();
    expect(await tabs.standing()).toBeNull();
    open.push(new FakeTab('new'));
    expect(await modelOf()).toBe('new');
  });
});
