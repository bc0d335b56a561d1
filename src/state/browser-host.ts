/**
 * What the page asks of the browser besides drawing: time, frames, the clipboard, files, storage. State classes get it
 * handed in, so that their tests run without a browser.
 */
export interface BrowserHost {
  /** Monotonic, in milliseconds. */
  now(): number;
  /** Wall clock, in milliseconds since 1970. */
  epochNow(): number;
  /** Calls back before the next frame is drawn; in a hidden tab, when it is shown again. */
  onNextFrame(callback: () => void): void;
  /** Calls back once; the returned function calls it off. */
  after(ms: number, callback: () => void): () => void;
  /** Calls back again and again until the returned function is called. */
  every(ms: number, callback: () => void): () => void;
  /** False where the browser or its user denies it. */
  copyText(text: string): Promise<boolean>;
  /** `type` is the file's media type; a shell script's if left out. */
  saveFile(name: string, text: string, type?: string): void;
  /** Asks the browser not to evict what this site stores. */
  persistStorage(): Promise<boolean>;
  estimateStorage(): Promise<StorageEstimateBytes | null>;
}

export interface StorageEstimateBytes {
  readonly usedBytes: number;
  readonly quotaBytes: number;
}

export const browserHost: BrowserHost = {
  now: () => performance.now(),
  epochNow: () => Date.now(),
  onNextFrame(callback) {
    requestAnimationFrame(callback);
  },
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  every(ms, callback) {
    const timer = setInterval(callback, ms);
    return () => clearInterval(timer);
  },
  async copyText(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Denied, or the page has no focus: the caller says so.
      return false;
    }
  },
  saveFile(name, text, type = 'text/x-shellscript') {
    const url = URL.createObjectURL(new Blob([text], { type }));
    const link = document.createElement('a');
    link.href = url;
    link.download = name;
    link.click();
    // The download has to start before its address may go.
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  },
  async persistStorage() {
    try {
      return await navigator.storage.persist();
    } catch {
      // Not offered.
      return false;
    }
  },
  async estimateStorage() {
    try {
      const { usage, quota } = await navigator.storage.estimate();
      return usage === undefined || quota === undefined
        ? null
        : { usedBytes: usage, quotaBytes: quota };
    } catch {
      // Not offered.
      return null;
    }
  },
};
