"""The prompt form that goes into the manifest, and its use on the Python side."""

PROMPT = {
    "system": "You write bash. Answer with one bash command or script in a single code block.",
    "prefix": "<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n",
    "suffix": "<|im_end|>\n<|im_start|>assistant\n",
    "answerPrefix": "```bash\n",
    "stopStrings": ["\n```"],
    "stopTokens": [0, 2],
}
