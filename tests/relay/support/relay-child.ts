/**
 * The relay as a process that has everything loaded and waits for the word to begin, so that a hundred restarts take a
 * hundred times as long as a restart and not as loading the program.
 */
import { flushCompileCache } from 'node:module';
import { readConfig } from '../../../relay/config.ts';
import { createLog } from '../../../relay/log.ts';
import { startServer } from '../../../relay/server.ts';

process.on('message', () => {
  void (async () => {
    const config = readConfig(process.env, '/');
    const server = await startServer({
      config,
      log: createLog(config.logLevel),
      version: '0.1.0',
      appFolder: null,
      mayMovePort: false,
    });
    process.send?.(server.port);
  })();
});
// A killed process leaves no cache behind.
flushCompileCache();
process.send?.('loaded');
