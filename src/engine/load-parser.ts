/** Gets the bash recogniser for the syntax guard. */
import { IncrementalParser } from '../core/bash/incremental-parser.ts';
import { ParserModule } from '../core/bash/parser-module.ts';

/** Resolves to null where it cannot be had: the model then writes without a guard, and every record says so. */
export async function loadParser(url: string): Promise<IncrementalParser | null> {
  try {
    const response = await fetch(url);
    if (!response.ok) return null;
    const bytes = new Uint8Array(await response.arrayBuffer());
    // bash stops reading at an error inside `[[ ]]` and still calls the script valid; nobody wants text after that.
    return new IncrementalParser(await ParserModule.compile(bytes), { earlyStopIsDead: true });
  } catch {
    // Offline without the file, or a browser that cannot compile it.
    return null;
  }
}
