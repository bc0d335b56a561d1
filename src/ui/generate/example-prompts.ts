/** Requests to start from: everyday work, in the words people use for it, and one beginning of a script. */
export const EXAMPLE_PROMPTS: readonly string[] = [
  'find all files over 100 MB in /var/log and sort them by size',
  'rename every .jpeg in this folder to .jpg',
  'show the ten processes that use the most memory',
  'count the lines of all Python files below here',
  'back up ~/Documents into a dated tar.gz',
  '#!/usr/bin/env bash\n# delete log files older than 30 days, after asking\n',
];
