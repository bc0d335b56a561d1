/** Loads the bash recogniser in Node, building it first if a source changed. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ParserModule } from '../../src/core/bash/parser-module.ts';

const root = new URL('../../', import.meta.url);

export function loadParserModule(): ParserModule {
  execFileSync(process.execPath, [fileURLToPath(new URL('bash-parser/build.ts', root))], {
    stdio: 'inherit',
  });
  return ParserModule.compileNow(readFileSync(new URL('bash-parser/build/bash-parser.wasm', root)));
}
