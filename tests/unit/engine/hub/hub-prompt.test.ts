import type { PreTrainedTokenizer } from '@huggingface/transformers';
import { expect, test } from 'vitest';
import { buildHubPrompt } from '../../../../src/engine/hub/hub-prompt.ts';

interface Message {
  readonly role: string;
  readonly content: string;
}

/** Stands for a tokenizer with a chat template: `role: content` lines. */
function tokenizerWith(template: string | null, refusesSystem = false): PreTrainedTokenizer {
  return {
    chat_template: template,
    apply_chat_template(messages: readonly Message[]) {
      if (refusesSystem && messages[0]?.role === 'system') throw new Error('no system');
      return messages.map(({ role, content }) => `${role}: ${content}\n`).join('') + 'assistant: ';
    },
  } as unknown as PreTrainedTokenizer;
}

test('asks a chat model in a code block that is open already', () => {
  const { text, stops, addsSpecialTokens } = buildHubPrompt(' list files ', tokenizerWith('chat'));
  expect(text).toMatch(/^system: .*bash.*\nuser: list files\nassistant: ```bash\n$/);
  expect(stops).toEqual(['\n```']);
  expect(addsSpecialTokens).toBe(false);
});

test('puts the beginning of a script into the answer', () => {
  const { text } = buildHubPrompt('#!/bin/bash\nset -e\n', tokenizerWith('chat'));
  expect(text).toMatch(/assistant: ```bash\n#!\/bin\/bash\nset -e\n$/);
});

test('tells a model whose template has no system part in the request', () => {
  const { text } = buildHubPrompt('list files', tokenizerWith('chat', true));
  expect(text).toMatch(/^user: You write bash.*\n\nlist files\nassistant: /);
});

test('asks a model without a template by a comment, on as many lines as the request has', () => {
  const { text, stops, addsSpecialTokens } = buildHubPrompt('one\ntwo', tokenizerWith(null));
  expect(text).toBe('#!/bin/bash\n# one\n# two\n');
  expect(stops).toEqual([]);
  expect(addsSpecialTokens).toBe(true);
  expect(buildHubPrompt('#!/bin/sh\nls', tokenizerWith(null)).text).toBe('#!/bin/sh\nls');
});
