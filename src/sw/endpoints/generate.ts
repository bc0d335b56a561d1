/** `POST generate`: has a tab write, and gives back what it wrote, at once or token by token. */
import type { EndpointNews } from '../../contracts/endpoint.ts';
import { generateAnswer, phaseTimings } from '../../core/endpoint/generate-answer.ts';
import {
  parseGenerateRequest,
  type GenerateRequest,
} from '../../core/endpoint/generate-request.ts';
import {
  endpointProblem,
  failureProblem,
  problemBody,
  type Problem,
} from '../../core/endpoint/problem.ts';
import { jsonAnswer, problemAnswer, type Answer, type Ending } from './answer.ts';
import { readJson } from './read-body.ts';
import type { TabCall, Tabs } from './tabs.ts';

export interface GenerateOptions {
  readonly request: Request;
  readonly requestId: string;
  readonly tabs: Pick<Tabs, 'call'>;
  readonly locks: Pick<LockManager, 'request'>;
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** Whether the page that asked is still there. */
  readonly isClientHere: () => Promise<boolean>;
}

/** Browsers stop a service worker that is at one request for five minutes. */
const ANSWER_WITHIN_MS = 270_000;
const LOOK_EVERY_MS = 1_000;

export async function generate(options: GenerateOptions): Promise<Answer> {
  const { request, requestId, tabs } = options;
  const body = await readJson(request);
  if (!body.ok) return problemAnswer(body.problem, requestId);
  const parsed = parseGenerateRequest(body.value);
  const call = await tabs.call();
  if (!parsed.ok) {
    // Counted as every refused request is.
    call?.send({ kind: 'refused', failure: parsed.failure });
    call?.end();
    return problemAnswer(failureProblem(parsed.failure), requestId);
  }
  if (call === null) return problemAnswer(endpointProblem('endpoint/no-tab'), requestId);
  return new Generation(options, parsed.value, call).answer();
}

/** One generation, from asking the tab to the end of the answer. */
class Generation {
  readonly #options: GenerateOptions;
  readonly #input: GenerateRequest;
  readonly #call: TabCall;
  readonly #ended: Promise<Ending>;
  #end: (ending: Ending) => void = () => {};
  #isOver = false;
  #id: string;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  constructor(options: GenerateOptions, input: GenerateRequest, call: TabCall) {
    this.#options = options;
    this.#input = input;
    this.#call = call;
    this.#id = options.requestId;
    this.#ended = new Promise((resolve) => (this.#end = resolve));
  }

  async answer(): Promise<Answer> {
    const { request, locks, requestId, waitUntil } = this.#options;
    const { prompt, parameters, streams } = this.#input;
    const lock = `shellwright-call-${requestId}`;
    await new Promise<void>((resolve) => {
      void locks.request(lock, () => {
        resolve();
        return this.#ended;
      });
    });
    waitUntil(this.#ended);
    const timer = setTimeout(
      () => this.#fail(endpointProblem('endpoint/too-slow'), true),
      ANSWER_WITHIN_MS,
    );
    const looks = setInterval(() => void this.#lookForClient(), LOOK_EVERY_MS);
    void this.#ended.then(() => {
      clearTimeout(timer);
      clearInterval(looks);
    });
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#call.listen((news) => this.#onNews(news));
      request.signal.addEventListener('abort', () => this.#cancel());
      if (request.signal.aborted) return this.#cancel();
      this.#call.send({
        kind: 'generate',
        prompt,
        parameters,
        streams,
        lock,
        path: new URL(request.url).pathname,
      });
    });
  }

  #resolve: (answer: Answer) => void = () => {};

  #onNews(news: EndpointNews | null): void {
    if (news === null) return this.#fail(endpointProblem('endpoint/tab-closed'), false);
    switch (news.kind) {
      case 'accepted':
        this.#id = news.id;
        break;
      case 'token':
        // Not before: what fails until then is answered with a status of its own.
        if (this.#controller === null) this.#resolve(this.#startStream());
        this.#event('token', { text: news.text, num_tokens_generated: news.generatedTokens });
        break;
      case 'failed':
        this.#fail(failureProblem(news.failure), false);
        break;
      case 'generated': {
        const { record, isDebug } = news;
        if (record.failure !== null) return this.#fail(failureProblem(record.failure), false);
        // Not by whoever asked: nothing of that gets here any more.
        if (record.finishReason === 'cancelled') {
          return this.#fail(endpointProblem('endpoint/interrupted'), false);
        }
        const body = generateAnswer(record, isDebug);
        if (this.#input.streams) {
          // Of nothing, where there was no token.
          if (this.#controller === null) this.#resolve(this.#startStream());
          this.#event('done', body);
        } else {
          const timings = phaseTimings(record);
          this.#resolve(jsonAnswer(200, body, { requestId: record.id, timings }));
        }
        this.#over({ status: 200, code: null });
        break;
      }
      case 'here':
      case 'answer':
        break; // Nothing of this call.
    }
  }

  #startStream(): Answer {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => this.#cancel(),
    });
    return {
      status: 200,
      body,
      headers: { 'Content-Type': 'text/event-stream; charset=utf-8' },
      requestId: this.#id,
      ended: this.#ended,
    };
  }

  #event(name: string, data: unknown): void {
    this.#controller?.enqueue(encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`));
  }

  /** Chromium tells of a request that was broken off only once there is a body to be read. */
  async #lookForClient(): Promise<void> {
    if (!(await this.#options.isClientHere())) this.#cancel();
  }

  /** Whoever asked does not wait any more. */
  #cancel(): void {
    if (this.#isOver) return;
    this.#controller = null;
    this.#fail(endpointProblem('endpoint/cancelled'), true);
  }

  #fail(problem: Problem, tellsTab: boolean): void {
    if (this.#isOver) return;
    if (tellsTab) this.#call.send({ kind: 'cancel' });
    this.#event('error', problemBody(problem, this.#id));
    // Browsers take no answer with the status of a request that was cancelled, and nobody reads it.
    const status = problem.status === 499 ? 503 : problem.status;
    this.#resolve({ ...problemAnswer(problem, this.#id), status, ended: this.#ended });
    this.#over({ status: problem.status, code: problem.code });
  }

  #over(ending: Ending): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller?.close();
    this.#controller = null;
    this.#call.end();
    this.#end(ending);
  }
}

const encoder = new TextEncoder();

function encode(text: string): Uint8Array {
  return encoder.encode(text);
}
