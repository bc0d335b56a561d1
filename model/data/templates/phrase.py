"""Ways in which people ask for one and the same thing, around an imperative phrase."""

import random

# All of these say that a script is wanted: a bare request gets a command, as in NL2Bash.
_SCRIPT_FRAMES = (
    "Write a bash script to {phrase}",
    "Write a script to {phrase}",
    "Write a shell script that will {phrase}",
    "Bash script to {phrase}",
    "Create a bash script to {phrase}",
    "I need a script to {phrase}",
    "Script to {phrase}",
    "Give me a bash script to {phrase}",
    "Make a script that can {phrase}",
    "{Phrase} (bash script)",
    "{Phrase}, as a script",
    "Write a shell script: {phrase}",
    "Please write a script to {phrase}",
    "Can you write a bash script to {phrase}?",
    "write a script to {phrase}",
    "bash script: {phrase}",
)
_FUNCTION_FRAMES = (
    "Write a bash function to {phrase}",
    "Bash function to {phrase}",
    "Write a function to {phrase}",
    "Define a shell function to {phrase}",
    "I need a bash function to {phrase}",
    "A function to {phrase}",
)
_SNIPPET_FRAMES = (
    "{Phrase}",
    "{Phrase}",
    "{Phrase}",
    "{phrase}",
    "{Phrase} in bash",
    "How do I {phrase}?",
    "How can I {phrase}?",
    "Command to {phrase}",
    "Bash command to {phrase}",
    "I want to {phrase}",
    "{Phrase}.",
)
_FRAMES = {
    "strict": _SCRIPT_FRAMES,
    "plain": _SCRIPT_FRAMES,
    "function": _FUNCTION_FRAMES,
    "snippet": _SNIPPET_FRAMES,
}


def phrase_request(kind: str, phrase: str, rng: random.Random) -> str:
    """A whole request for an imperative phrase such as `back up /etc to /srv/backup`."""
    frame = rng.choice(_FRAMES[kind])
    return frame.format(phrase=phrase, Phrase=capitalised(phrase))


def capitalised(phrase: str) -> str:
    """The phrase with its first letter large and all else as it was."""
    return phrase[:1].upper() + phrase[1:]
