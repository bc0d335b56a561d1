import { describe, expect, test } from 'vitest';
import { scriptFileName, scriptFileText } from '../../../../src/core/share/script-file.ts';

describe('the name of a script', () => {
  test.each([
    ['Find all files over 100 MB', 'find-all-files-over-100-mb.sh'],
    ['  rename *.jpeg → .jpg!  ', 'rename-jpeg-jpg.sh'],
    ['#!/usr/bin/env bash\n# rotate logs', 'rotate-logs.sh'],
    ['Zähle Größen', 'zahle-gro-en.sh'],
    ['数える', 'script.sh'],
    ['', 'script.sh'],
    ['../../etc/passwd', 'etc-passwd.sh'],
  ])('%j is %s', (prompt, name) => {
    expect(scriptFileName(prompt)).toBe(name);
  });

  test('ends with a whole word where it is cut', () => {
    expect(scriptFileName('find all files over 100 MB in /var/log and sort them by size')).toBe(
      'find-all-files-over-100-mb-in-var-log-and-sort.sh',
    );
  });

  test('is short even for one endless word', () => {
    expect(scriptFileName('a'.repeat(500))).toBe(`${'a'.repeat(48)}.sh`);
  });
});

describe('the text of a script', () => {
  test('gets a first line and a last newline where they are missing', () => {
    expect(scriptFileText('ls -l')).toBe('#!/usr/bin/env bash\nls -l\n');
  });

  test('stays as it is where it has both', () => {
    expect(scriptFileText('#!/bin/sh\nls\n')).toBe('#!/bin/sh\nls\n');
  });
});
