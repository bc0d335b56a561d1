/**
 * The one table of expected failures. A failure is plain data, so that it survives Comlink, IndexedDB and JSON,
 * all of which drop the fields of Error objects. `summary` is a sentence for people, `remedy` what they can do.
 */

interface FailureEntry {
  readonly summary: string;
  readonly remedy: string;
}

export const FAILURES = {
  'request/invalid-parameter': {
    summary: 'A parameter of the request is not valid.',
    remedy: 'Correct the named field and try again.',
  },
  'request/prompt-too-long': {
    summary: 'The request is longer than the model can read at once.',
    remedy: 'Shorten the text.',
  },
  'request/queue-full': {
    summary: 'Too many requests are waiting already.',
    remedy: 'Wait for some of them to finish.',
  },
  'engine/not-loaded': {
    summary: 'No model is loaded yet.',
    remedy: 'Load the model first.',
  },
  'engine/backend-unavailable': {
    summary: 'The chosen way of running the model is not available in this browser.',
    remedy: 'Choose “Automatic” in the settings, or use a current Chrome or Edge.',
  },
  'engine/unsupported-browser': {
    summary: 'This browser cannot run the model: it lacks WebAssembly or module workers.',
    remedy: 'Use a current version of Chrome, Edge, Firefox or Safari.',
  },
  'engine/session-failed': {
    summary: 'The model could not be prepared for this device.',
    remedy: 'Reload the page; if it happens again, choose WASM in the settings.',
  },
  'engine/inference-failed': {
    summary: 'The model failed while it was computing.',
    remedy: 'Try again; if it happens again, reload the page.',
  },
  'engine/device-lost': {
    summary: 'The graphics device was lost while the model was writing.',
    remedy: 'Try again: the model is being loaded onto the device anew.',
  },
  'engine/out-of-memory': {
    summary: 'There is not enough memory for this model.',
    remedy: 'Close other tabs, or use a smaller model.',
  },
  'engine/worker-crashed': {
    summary: 'The background thread that runs the model stopped.',
    remedy: 'Try again: it is being started anew.',
  },
  'engine/tab-died': {
    summary: 'The tab ended the last time it prepared the model.',
    remedy:
      'Close other tabs and try again; if it happens again, choose another model or way of running it in the settings.',
  },
  'model/not-found': {
    summary: 'The model is not there.',
    remedy: 'Check the name of the model.',
  },
  'model/manifest-invalid': {
    summary: 'The description of the model cannot be understood.',
    remedy: 'Reload the page; if it happens again, the deployment is damaged.',
  },
  'model/download-failed': {
    summary: 'The model could not be downloaded.',
    remedy: 'Check the connection and resume: what has arrived is kept.',
  },
  'model/offline': {
    summary: 'The model is not on this device yet, and there is no connection.',
    remedy: 'Connect once to download it; after that it works offline.',
  },
  'model/checksum-mismatch': {
    summary: 'A file of the model arrived damaged, twice.',
    remedy: 'Try again later; if it happens again, the deployment is damaged.',
  },
  'model/quota-exceeded': {
    summary: 'There is not enough storage for the model.',
    remedy: 'Free some space on the device, or leave private browsing.',
  },
  'model/load-cancelled': {
    summary: 'Loading the model was stopped.',
    remedy: 'Start it again: what has arrived is kept.',
  },
  'model/unsupported': {
    summary: 'This model cannot be run here.',
    remedy: 'Choose a text-generation model that has ONNX files.',
  },
  'tokenizer/invalid': {
    summary: 'The tokenizer of the model cannot be read.',
    remedy: 'Reload the page; if it happens again, the deployment is damaged.',
  },
  'store/unavailable': {
    summary: 'The browser does not let this page store anything.',
    remedy: 'Allow storage for this site; until then history lasts as long as the page.',
  },
  'store/quota-exceeded': {
    summary: 'There is no room left to store this.',
    remedy: 'Delete old entries or free some space on the device.',
  },
  'import/invalid-file': {
    summary: 'This is no metrics file of this app, or it is damaged.',
    remedy: 'Export it again where it came from.',
  },
  'import/newer-version': {
    summary: 'This file was made by a newer version of this app.',
    remedy: 'Update the app, then import the file again.',
  },
  'import/too-large': {
    summary: 'This file is too large to be imported.',
    remedy: 'Export it again without records.',
  },
  'share/invalid-link': {
    summary: 'This link cannot be read.',
    remedy: 'Ask for the link again: it seems to be cut off.',
  },
  unknown: {
    summary: 'Something unexpected went wrong.',
    remedy: 'Try again; if it happens again, reload the page.',
  },
} as const satisfies Record<string, FailureEntry>;

export type FailureCode = keyof typeof FAILURES;

/**
 * An expected failure. `message` is for people and names the case at hand; it never holds a prompt or generated code.
 * `detail` holds what a program needs: `field` for a bad parameter, lengths in tokens, bytes, and the like.
 */
export interface Failure {
  readonly code: FailureCode;
  readonly message: string;
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** Returns a failure; without `message` it carries the table's sentence. */
export function failure(
  code: FailureCode,
  message?: string,
  detail?: Readonly<Record<string, string | number | boolean>>,
): Failure {
  return {
    code,
    message: message ?? FAILURES[code].summary,
    ...(detail === undefined ? {} : { detail }),
  };
}

/** Carries a failure through `throw` inside one thread; across threads only `failure` travels. */
export class FailureError extends Error {
  readonly code: FailureCode;
  readonly failure: Failure;

  constructor(cause: Failure, options?: ErrorOptions) {
    super(cause.message, options);
    this.name = 'FailureError';
    this.code = cause.code;
    this.failure = cause;
  }
}
