/**
 * Keeps one failure from becoming every later one. transformers.js strings all session creations of a realm on one
 * promise, and all runs on another (its backends/onnx.js); a rejection stays in them, so that after one model that could
 * not be compiled none ever can. Here creations and runs always resolve, and what went wrong is told beside.
 */
import { InferenceSession } from 'onnxruntime-web/webgpu';
import { nextTask } from '../next-task.ts';

export interface SessionGuard {
  /** The first error, or null. */
  readonly error: unknown;
  /** Ends the watch. */
  stop(): void;
  /** Ends the watch and frees the sessions that were made. */
  abandon(): Promise<void>;
}

/**
 * Watches over the creation of sessions until `stop`.
 * @param onCreate called when the files are here and the first session is about to be made.
 */
export function guardSessionCreation(onCreate: () => void): SessionGuard {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- only put back by `stop`, never called from here
  const original = InferenceSession.create;
  const made: InferenceSession[] = [];
  let caught: unknown = null;
  let isAbandoned = false;
  const guarded = async (...parameters: unknown[]): Promise<unknown> => {
    onCreate();
    try {
      const session = (await Reflect.apply(
        original,
        InferenceSession,
        parameters,
      )) as InferenceSession;
      if (isAbandoned) await release(session);
      else made.push(session);
      return session;
    } catch (error) {
      caught ??= error;
      return { inputNames: [], outputNames: [], release: () => Promise.resolve() };
    }
  };
  InferenceSession.create = guarded as typeof original;
  const stop = (): void => {
    InferenceSession.create = original;
  };
  return {
    get error() {
      return caught;
    },
    stop,
    async abandon() {
      stop();
      isAbandoned = true;
      for (const session of made) await release(session);
    },
  };
}

/** A session that is released already, or whose device is lost, complains; it is gone all the same. */
async function release(session: InferenceSession): Promise<void> {
  await session.release().catch(() => undefined);
}

/** Runs of a model's sessions, made safe. */
export class GuardedRuns {
  #caught: unknown = null;
  #signal: AbortSignal | null = null;

  /** Takes over `run` of these sessions. */
  constructor(sessions: Readonly<Record<string, Pick<InferenceSession, 'run'>>>) {
    for (const session of Object.values(sessions)) {
      const original = session.run.bind(session) as (feeds: unknown) => Promise<unknown>;
      const guarded = async (feeds: unknown): Promise<unknown> => {
        // A cancel arrives as a message, which a worker that only awaits promises would never read.
        await nextTask();
        try {
          this.#signal?.throwIfAborted();
          return await original(feeds);
        } catch (error) {
          this.#caught ??= error;
          return {};
        }
      };
      session.run = guarded as typeof session.run;
    }
  }

  /** From here on runs fail once this signal is aborted. */
  watch(signal: AbortSignal): void {
    this.#signal = signal;
    this.#caught = null;
  }

  /** The first error since `watch`, or null. */
  get error(): unknown {
    return this.#caught;
  }
}
