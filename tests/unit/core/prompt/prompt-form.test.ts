import { describe, expect, it } from 'vitest';
import { buildPrompt, fullScript, promptForm } from '../../../../src/core/prompt/prompt-form.ts';

const template = {
  system: 'You write bash.',
  prefix: '<s>{system}</s><u>',
  suffix: '</u>',
  answerPrefix: '```bash\n',
  scriptRequest: 'Go on.',
  stopStrings: [],
  stopTokens: [],
};

describe('the two forms of a prompt', () => {
  it('wraps an English request, and answers from the fence on', () => {
    expect(buildPrompt('  list files\n', template)).toEqual({
      before: '<s>You write bash.</s><u>',
      user: 'list files',
      after: '</u>```bash\n',
    });
    expect(fullScript('list files', 'ls')).toBe('ls');
  });

  it('continues a script exactly where it stops', () => {
    const script = '#!/bin/bash\n# list files\n';
    expect(promptForm(script)).toBe('script');
    expect(buildPrompt(script, template)).toEqual({
      before: '<s>You write bash.</s><u>Go on.</u>```bash\n',
      user: script,
      after: '',
    });
    expect(fullScript(script, 'ls')).toBe(`${script}ls`);
  });
});
