/** Twenty everyday requests with the parameters that people use: most greedy, some that sample. */
import { DEFAULT_PARAMETERS, type ParsedRequest } from '../core/prompt/parse-parameters.ts';

const PROMPTS = [
  'find all files over 100 MB in /var/log and sort them by size',
  'list the ten largest directories below here',
  'rename every .jpeg in this folder to .jpg',
  'count the lines of all Python files below here',
  'show the ten processes that use the most memory',
  'print the third column of data.csv without the header',
  'back up ~/Documents into a dated tar.gz',
  'wait until port 8080 on localhost answers',
  'find duplicate files by checksum',
  'replace foo by bar in all .txt files',
  'show the disk usage of each user in /home',
  'print every second line of a file',
  'kill all processes that listen on port 3000',
  'download a file and check its sha256',
  'show the commits of the last week by author',
  'convert all .wav files to .mp3 with ffmpeg',
  'find broken symbolic links in /usr/local',
  'print the ten most frequent words of a text',
  'check that a list of hosts answers to ping',
  'delete empty directories below here',
] as const;

/** Enough for a short script, and a minute for all of them on a quick device. */
const MAX_TOKENS = 96;

export const SAMPLE_REQUESTS: readonly ParsedRequest[] = PROMPTS.map((prompt, index) => ({
  prompt,
  parameters: {
    ...DEFAULT_PARAMETERS,
    max_tokens: MAX_TOKENS,
    seed: index,
    ...(index % 4 === 3 ? { temperature: index % 8 === 3 ? 0.4 : 0.8 } : {}),
  },
}));
