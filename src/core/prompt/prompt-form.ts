/** The two ways to ask for bash: in English, or with the beginning of a script. */
import type { PromptTemplate } from '../../contracts/model-manifest.ts';

export type PromptForm = 'request' | 'script';

/** A prompt that begins like a script is one: with `#!`, as the first thing in it. */
export function promptForm(prompt: string): PromptForm {
  return prompt.startsWith('#!') ? 'script' : 'request';
}

/** The whole script: what was written, after the beginning that was given. */
export function fullScript(prompt: string, text: string): string {
  return promptForm(prompt) === 'script' ? prompt + text : text;
}

/** What the model reads; see PromptTemplate. Control tokens in the prompt are text, not control. */
export function buildPrompt(prompt: string, template: PromptTemplate): PromptPieces {
  const before = template.prefix.replace('{system}', template.system);
  return promptForm(prompt) === 'script'
    ? {
        before: before + template.scriptRequest + template.suffix + template.answerPrefix,
        user: prompt,
        after: '',
      }
    : { before, user: prompt.trim(), after: template.suffix + template.answerPrefix };
}

/** `before` and `after` are ours and may hold control tokens; `user` must be tokenized as plain text. */
export interface PromptPieces {
  readonly before: string;
  readonly user: string;
  readonly after: string;
}
