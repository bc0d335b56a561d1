/** The script on screen: how it is being written, how that ended, and what its reader does with it. */
import type { TokenEvent } from '../contracts/engine.ts';
import type { Failure } from '../contracts/failure.ts';
import type { GenerationRecord } from '../contracts/generation.ts';
import type { HistoryEntry } from '../contracts/history.ts';
import type { ParsedRequest } from '../core/prompt/parse-parameters.ts';
import { fullScript } from '../core/prompt/prompt-form.ts';
import { recordedSyntaxWords } from '../core/format/recorded-syntax.ts';
import { scriptFileName, scriptFileText } from '../core/share/script-file.ts';
import type { BrowserHost } from './browser-host.ts';
import type { HistoryList } from './history-list.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import type { Requests } from './requests.ts';

/** `reading` is from the queue's end to the first token: the model reads the prompt. */
export type RunPhase = 'waiting' | 'reading' | 'writing' | 'stopping';

export interface Run {
  readonly phase: RunPhase;
  /** Requests ahead in the queue. */
  readonly ahead: number;
  readonly generatedTokens: number;
  /** null until enough was written to tell. */
  readonly tokensPerSecond: number | null;
  /** From accepted to the first token; null before it. */
  readonly firstTokenMs: number | null;
}

export interface WorkbenchOptions {
  readonly requests: Pick<Requests, 'submit'>;
  readonly history: Pick<HistoryList, 'saveEdit'>;
  readonly notices: Notices;
  readonly host: BrowserHost;
  /** Written at once, where a database is not: for an edit in the moment in which the page goes. */
  readonly lastEdit: { read(): string; write(text: string): void };
}

/** A script that its reader typed or pasted, or whose entry was deleted: the history does not have it. */
interface OwnScript {
  readonly prompt: string;
  readonly script: string;
}

/** The clock on screen; more often would only blur. */
const TICK_MS = 100;
/** After the last keystroke. */
const SAVE_EDIT_AFTER_MS = 600;
/** A rate over less is noise. */
const MIN_RATE_TOKENS = 4;

export class Workbench {
  readonly #options: WorkbenchOptions;
  #script = $state.raw('');
  #prompt = $state.raw('');
  #run = $state.raw<Run | null>(null);
  #elapsedMs = $state.raw(0);
  #gapsMs = $state.raw<readonly number[]>([]);
  #record = $state.raw<GenerationRecord | null>(null);
  #abort: AbortController | null = null;
  #pendingText = '';
  #pendingGapsMs: number[] = [];
  #isFrameAsked = false;
  #lastToken: TokenEvent | null = null;
  #firstTokenMs: number | null = null;
  #saves = 0;
  /** Counts the scripts that were on screen. */
  #shown = 0;
  #callOffSave: (() => void) | null = null;
  /** To be shown again once the generation has ended that took its place. */
  #toPutBack: OwnScript | null = null;

  constructor(options: WorkbenchOptions) {
    this.#options = options;
  }

  /** What the editor holds. */
  get script(): string {
    return this.#script;
  }

  /** What the script was written for. */
  get prompt(): string {
    return this.#prompt;
  }

  /** The generation that goes on; null while there is none. */
  get run(): Run | null {
    return this.#run;
  }

  /** Since the request was accepted, queue included. */
  get elapsedMs(): number {
    return this.#elapsedMs;
  }

  /** Milliseconds between one token and the next. */
  get gapsMs(): readonly number[] {
    return this.#gapsMs;
  }

  /** How the script on screen came about; null while it is being written, and for one that was not generated. */
  get record(): GenerationRecord | null {
    return this.#record;
  }

  get failure(): Failure | null {
    return this.#record?.failure ?? null;
  }

  get fileName(): string {
    return scriptFileName(this.#prompt);
  }

  /**
   * Writes a script in place of the one on screen, which the history has, or a note gives back. Does nothing while one
   * is being written.
   */
  async generate(request: ParsedRequest): Promise<void> {
    if (this.#run !== null) return;
    const { requests, host, notices } = this.#options;
    notices.announce('Working on it.');
    this.#makeWay();
    const abort = new AbortController();
    const acceptedAtMs = host.now();
    this.#begin(request.prompt, abort);
    const stopClock = host.every(TICK_MS, () => {
      this.#elapsedMs = host.now() - acceptedAtMs;
    });
    const record = await requests.submit(request, {
      signal: abort.signal,
      onPosition: (ahead) => this.#update({ phase: 'waiting', ahead }),
      onStart: () => this.#update({ phase: 'reading', ahead: 0 }),
      onToken: (event) => {
        this.#firstTokenMs ??= host.now() - acceptedAtMs;
        this.#onToken(event);
      },
    });
    stopClock();
    this.#end(record);
  }

  /** Ends the generation within one token; what has been written stays. */
  stop(): void {
    if (this.#run === null) return;
    this.#update({ phase: 'stopping' });
    this.#abort?.abort();
  }

  /** Shows a script of the history. Does nothing while one is being written. */
  open(entry: HistoryEntry): void {
    if (this.#run !== null) return;
    this.#makeWay();
    this.#show(entry.record, entry.editedText);
  }

  /** Takes over what the reader typed; the history gets it after a moment. */
  edit(text: string): void {
    if (this.#run !== null || text === this.#script) return;
    this.#script = text;
    this.#callOffSave?.();
    this.#callOffSave = this.#options.host.after(
      SAVE_EDIT_AFTER_MS,
      () => void this.#saveEditNow(),
    );
  }

  /** For when the page is about to go, and may be gone before the history has written anything. */
  keepEdit(): void {
    if (this.#callOffSave === null) return;
    if (this.#record === null) {
      void this.#saveEditNow();
      return;
    }
    const { lastEdit } = this.#options;
    lastEdit.write(JSON.stringify([this.#record.id, this.#script]));
    // In case the page is shown again after all.
    void this.#saveEditNow();
  }

  /** Puts what `keepEdit` kept when the page was last closed into the history; a script that is not of it, on screen. */
  async recoverEdit(): Promise<void> {
    const { lastEdit, history } = this.#options;
    const kept = parseEdit(lastEdit.read());
    if (kept?.id === null) {
      this.#script = kept.text;
      return;
    }
    const end = kept === null ? 'saved' : await history.saveEdit(kept.id, kept.text);
    if (end === 'failed') return;
    lastEdit.write('');
    if (kept === null || end === 'saved') return;
    const own: OwnScript = { prompt: '', script: kept.text };
    if (this.#run === null && this.#script === '') this.#putBack(own);
    else this.#offerBack(own);
  }

  async #saveEditNow(): Promise<void> {
    if (this.#callOffSave === null) return;
    this.#callOffSave();
    this.#callOffSave = null;
    if (this.#record === null) this.#keepOwn();
    else await this.#saveEditOf(this.#record.id, this.#script);
  }

  async #saveEditOf(id: string, text: string): Promise<void> {
    const { history, lastEdit } = this.#options;
    const save = ++this.#saves;
    const shown = this.#shown;
    const own: OwnScript = { prompt: this.#prompt, script: text };
    const end = await history.saveEdit(id, text);
    // A copy of something newer, or of another script, is not this one's to drop.
    const isOwnCopy = parseEdit(lastEdit.read())?.id === id;
    if (end !== 'failed' && save === this.#saves && isOwnCopy) lastEdit.write('');
    if (end !== 'gone') return;
    if (shown === this.#shown) this.#disown();
    else this.#offerBack(own);
  }

  /** The history no longer has the script on screen. */
  #disown(): void {
    this.#record = null;
    this.#elapsedMs = 0;
    this.#gapsMs = [];
    this.#keepOwn();
  }

  #keepOwn(): void {
    const isBlank = this.#script.trim() === '';
    this.#options.lastEdit.write(isBlank ? '' : JSON.stringify([null, this.#script]));
  }

  /** Before another script takes the place of the one on screen. */
  #makeWay(): void {
    void this.#saveEditNow();
    if (this.#record !== null) return;
    const own: OwnScript = { prompt: this.#prompt, script: this.#script };
    if (own.script.trim() === '') return;
    this.#options.lastEdit.write('');
    this.#offerBack(own);
  }

  #offerBack(own: OwnScript): void {
    if (own.script.trim() === '') return;
    this.#options.notices.show('Your own script has made way.', {
      label: 'Undo',
      run: () => this.#putBack(own),
    });
  }

  #putBack(own: OwnScript): void {
    if (this.#run !== null) {
      this.#toPutBack = own;
      this.stop();
      return;
    }
    void this.#saveEditNow();
    this.#shown += 1;
    this.#prompt = own.prompt;
    this.#script = own.script;
    this.#disown();
  }

  async copy(): Promise<void> {
    const isCopied = await this.#options.host.copyText(this.#script);
    this.#options.notices.show(
      isCopied
        ? 'Script copied.'
        : 'The browser does not allow copying: select it and copy by hand.',
    );
  }

  download(): void {
    this.#options.host.saveFile(this.fileName, scriptFileText(this.#script));
    this.#options.notices.show(`Saved as ${this.fileName}.`);
  }

  #begin(prompt: string, abort: AbortController): void {
    this.#shown += 1;
    this.#abort = abort;
    this.#prompt = prompt;
    this.#script = fullScript(prompt, '');
    this.#record = null;
    this.#elapsedMs = 0;
    this.#gapsMs = [];
    this.#pendingText = '';
    this.#pendingGapsMs = [];
    this.#lastToken = null;
    this.#firstTokenMs = null;
    this.#run = {
      phase: 'waiting',
      ahead: 0,
      generatedTokens: 0,
      tokensPerSecond: null,
      firstTokenMs: null,
    };
  }

  #update(change: Partial<Run>): void {
    if (this.#run === null || this.#run.phase === 'stopping') return;
    this.#run = { ...this.#run, ...change };
  }

  /** Collects tokens and shows them once a frame: fast models write several in one. */
  #onToken(event: TokenEvent): void {
    this.#pendingText += event.text;
    const before = this.#lastToken;
    this.#lastToken = event;
    if (before !== null) {
      // One event can stand for several tokens.
      const tokens = event.generatedTokens - before.generatedTokens;
      const gapMs = (event.elapsedMs - before.elapsedMs) / Math.max(tokens, 1);
      for (let i = 0; i < tokens; i++) this.#pendingGapsMs.push(gapMs);
    }
    if (this.#isFrameAsked) return;
    this.#isFrameAsked = true;
    this.#options.host.onNextFrame(() => this.#flush());
  }

  #flush(): void {
    this.#isFrameAsked = false;
    if (this.#run === null || this.#lastToken === null) return;
    const { generatedTokens, elapsedMs } = this.#lastToken;
    const hasRate = generatedTokens >= MIN_RATE_TOKENS && elapsedMs > 0;
    this.#script += this.#pendingText;
    this.#gapsMs = [...this.#gapsMs, ...this.#pendingGapsMs];
    this.#pendingText = '';
    this.#pendingGapsMs = [];
    this.#run = {
      ...this.#run,
      phase: this.#run.phase === 'stopping' ? 'stopping' : 'writing',
      generatedTokens,
      firstTokenMs: this.#firstTokenMs,
      tokensPerSecond: hasRate ? (generatedTokens * 1000) / elapsedMs : null,
    };
  }

  #end(record: GenerationRecord): void {
    this.#abort = null;
    this.#run = null;
    this.#show(record, null);
    this.#options.notices.announce(describeEnd(record));
    if (this.#toPutBack === null) return;
    this.#putBack(this.#toPutBack);
    this.#toPutBack = null;
  }

  #show(record: GenerationRecord, editedText: string | null): void {
    this.#shown += 1;
    this.#record = record;
    this.#prompt = record.prompt;
    this.#script = editedText ?? fullScript(record.prompt, record.text);
    this.#gapsMs = record.tokenGapsMs;
    this.#elapsedMs = record.timestamps.finishedMs;
  }
}

/** The id is null for a script that is not of the history. */
function parseEdit(text: string): { readonly id: string | null; readonly text: string } | null {
  try {
    const [id, script] = JSON.parse(text) as unknown[];
    if (typeof script !== 'string') return null;
    return typeof id === 'string' || id === null ? { id, text: script } : null;
  } catch {
    // Nothing was kept.
    return null;
  }
}

/** One sentence about how a generation ended, for screen readers. */
function describeEnd({ finishReason, tokens, failure, syntax }: GenerationRecord): string {
  const size = `${tokens.generated} tokens`;
  const verdict = recordedSyntaxWords(syntax);
  switch (finishReason) {
    case 'stop':
      return `The script is written, ${size}.${verdict === null ? '' : ` Syntax: ${verdict}.`}`;
    case 'length':
      return `Stopped at the limit of ${size}.`;
    case 'timeout':
      return `Stopped by the time limit after ${size}.`;
    case 'cancelled':
      return `Stopped after ${size}.`;
    case 'error':
      return failure?.message ?? 'Something went wrong.';
  }
}
