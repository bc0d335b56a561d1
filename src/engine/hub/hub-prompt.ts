/** Asks any model for bash: through its own chat template where it has one, else as the beginning of a script. */
import type { PreTrainedTokenizer } from '@huggingface/transformers';
import { promptForm } from '../../core/prompt/prompt-form.ts';

export interface HubPrompt {
  readonly text: string;
  /** Whether the tokenizer is to add what it puts before a text by itself; a template has put it there already. */
  readonly addsSpecialTokens: boolean;
  /** Texts that end the answer. */
  readonly stops: readonly string[];
}

const SYSTEM = 'You write bash. Answer with one bash command or script in a single code block.';
const SCRIPT_REQUEST = 'Complete this bash script.';

/** The answer is begun for the model, so that it writes bash and nothing about it. */
const ANSWER_PREFIX = '```bash\n';
const FENCE_END = '\n```';

export function buildHubPrompt(prompt: string, tokenizer: PreTrainedTokenizer): HubPrompt {
  const isScript = promptForm(prompt) === 'script';
  if (!hasChatTemplate(tokenizer)) {
    const text = isScript ? prompt : `#!/bin/bash\n# ${prompt.trim().replaceAll('\n', '\n# ')}\n`;
    return { text, addsSpecialTokens: true, stops: [] };
  }
  const request = isScript ? SCRIPT_REQUEST : prompt.trim();
  const answer = ANSWER_PREFIX + (isScript ? prompt : '');
  return {
    text: applyTemplate(tokenizer, request) + answer,
    addsSpecialTokens: false,
    stops: [FENCE_END],
  };
}

/** Some templates have no place for a system text and refuse it; there it goes before the request. */
function applyTemplate(tokenizer: PreTrainedTokenizer, request: string): string {
  const options = { tokenize: false, add_generation_prompt: true } as const;
  try {
    return tokenizer.apply_chat_template(
      [
        { role: 'system', content: SYSTEM },
        { role: 'user', content: request },
      ],
      options,
    );
  } catch {
    return tokenizer.apply_chat_template(
      [{ role: 'user', content: `${SYSTEM}\n\n${request}` }],
      options,
    );
  }
}

function hasChatTemplate(tokenizer: PreTrainedTokenizer): boolean {
  // Typed as any; a text, or several of them by name.
  const template: unknown = tokenizer.chat_template;
  return typeof template === 'string' || Array.isArray(template);
}
