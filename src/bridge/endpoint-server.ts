/** The tab's side of the endpoints: does what the service worker was asked for, with the model of this tab. */
import {
  ENDPOINT_LEADER_LOCK,
  type EndpointCall,
  type EndpointNews,
  type TabAnswer,
  type TabQuestion,
  type TabStanding,
} from '../contracts/endpoint.ts';
import { failure, type Failure } from '../contracts/failure.ts';
import type { EngineDescription, GenerationRecord } from '../contracts/generation.ts';
import type { CheckHealth } from '../contracts/health.ts';
import type { GenerateHooks, GenerateInput } from './engine-client.ts';

export interface EndpointServerOptions {
  readonly locks: Pick<LockManager, 'request'>;
  readonly newId: () => string;
  /** What is loaded; null while nothing is. */
  readonly engine: () => EngineDescription | null;
  readonly isDebug: () => boolean;
  /** Never rejects. */
  readonly generate: (
    input: GenerateInput,
    hooks: GenerateHooks,
  ) => Promise<{ readonly record: GenerationRecord } | { readonly failure: Failure }>;
  readonly refuse: (cause: Failure) => void;
  readonly checkHealth: CheckHealth;
  /** With everything written that was measured until now, as far as that is soon done. */
  readonly standing: () => Promise<TabStanding>;
  /** Writes the log line of a request of which nobody else knows any more. */
  readonly onAbandoned: (request: AbandonedRequest) => void;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
}

export interface AbandonedRequest {
  readonly id: string | null;
  readonly path: string;
  readonly durationMs: number;
}

type GenerateCall = Extract<EndpointCall, { readonly kind: 'generate' }>;

export class EndpointServer {
  readonly #options: EndpointServerOptions;
  readonly #lock: string;
  readonly #isPresent: Promise<unknown>;
  #isLeader = false;

  constructor(options: EndpointServerOptions) {
    this.#options = options;
    this.#lock = `shellwright-tab-${options.newId()}`;
    this.#isPresent = Promise.all([hold(options.locks, this.#lock), this.#apply()]);
  }

  /** Says that this tab is here, and answers one call. */
  async answer(port: MessagePort): Promise<void> {
    await this.#isPresent;
    const abort = new AbortController();
    const say = (news: EndpointNews): void => port.postMessage(news);
    port.onmessage = ({ data }: MessageEvent<EndpointCall>) => {
      if (data.kind === 'cancel') abort.abort();
      else void this.#handle(data, say, abort);
    };
    say({
      kind: 'here',
      lock: this.#lock,
      isReady: this.#options.engine() !== null,
      isLeader: this.#isLeader,
    });
  }

  /** Resolves when it is known whether another tab leads; follows it when that one is gone. */
  #apply(): Promise<void> {
    const { locks } = this.#options;
    return new Promise((resolve) => {
      const lead = (lock: Lock | null): Promise<void> | undefined => {
        this.#isLeader = lock !== null;
        resolve();
        return lock === null ? undefined : forever();
      };
      void locks
        .request(ENDPOINT_LEADER_LOCK, { ifAvailable: true }, lead)
        .then(() => locks.request(ENDPOINT_LEADER_LOCK, lead))
        .catch(() => resolve());
    });
  }

  async #handle(
    call: Exclude<EndpointCall, { readonly kind: 'cancel' }>,
    say: (news: EndpointNews) => void,
    abort: AbortController,
  ): Promise<void> {
    const { refuse } = this.#options;
    try {
      switch (call.kind) {
        case 'generate':
          return await this.#generate(call, say, abort);
        case 'refused':
          return refuse(call.failure);
        case 'ask':
          return say({ kind: 'answer', id: call.id, answer: await this.#tell(call.question) });
      }
    } catch {
      say({ kind: 'failed', failure: failure('unknown') });
    }
  }

  async #tell(question: TabQuestion): Promise<TabAnswer | null> {
    const { checkHealth, engine, standing } = this.#options;
    try {
      if (question.kind === 'standing') return { kind: 'standing', standing: await standing() };
      const { isDeep, askers } = question;
      const report = await checkHealth({ deep: isDeep, askers });
      return { kind: 'health', report, vocabularySize: engine()?.vocabularySize ?? null };
    } catch {
      // Such as a part of the page that could not be fetched.
      return null;
    }
  }

  async #generate(
    { prompt, parameters, streams, lock, path }: GenerateCall,
    say: (news: EndpointNews) => void,
    abort: AbortController,
  ): Promise<void> {
    const { generate, isDebug, locks, now, onAbandoned } = this.#options;
    const acceptedAtMs = now();
    let id: string | null = null;
    const ended = new AbortController();
    // The browser may stop the service worker at any time, and whoever asked has then been told that it failed.
    locks
      .request(lock, { signal: ended.signal }, () => {
        // The service worker has cancelled it, and writes the line.
        if (abort.signal.aborted) return;
        abort.abort();
        onAbandoned({ id, path, durationMs: now() - acceptedAtMs });
      })
      .catch(() => {});
    const result = await generate(
      { prompt, parameters },
      {
        signal: abort.signal,
        onAccepted: (accepted) => {
          id = accepted.id;
          say({ kind: 'accepted', id });
        },
        ...(streams
          ? {
              onToken: ({ text, generatedTokens }) => say({ kind: 'token', text, generatedTokens }),
            }
          : {}),
      },
    );
    ended.abort();
    if ('failure' in result) say({ kind: 'failed', failure: result.failure });
    else say({ kind: 'generated', record: result.record, isDebug: isDebug() });
  }
}

function forever(): Promise<never> {
  return new Promise(() => {});
}

/** Resolves once it is held. */
function hold(locks: EndpointServerOptions['locks'], name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    locks
      .request(name, () => {
        resolve();
        return forever();
      })
      .catch(reject);
  });
}
