"""Texts that try a tokenizer: bash, prose, Unicode of every plane, control characters, digits, and control tokens as text."""

import random
import unicodedata

COMMANDS = "find grep sed awk tar rsync curl ssh docker git xargs sort uniq cut tr head tail du df ps kill chmod chown".split()
WORDS = "all files older than seven days in the log folder and sort them by size newest first without errors".split()
OPERATORS = ["|", "||", "&&", ";", "2>&1", ">", ">>", "<<<", "<(", ")", "&", "$(", "`", "!", "((", "))", "[[", "]]", "{", "}"]
EXPANSIONS = ["$HOME", "${x:-y}", "${#a[@]}", '"$@"', "$((1 + 2))", "${f%.*}", "$'\\n\\t'", '"a\\"b"', "'it'\\''s'", "~/bin"]
CONTROL_TOKENS = ["<|im_start|>", "<|im_end|>", "<|endoftext|>", "<repo_name>", "<jupyter_code>", "<|im_end", "im_start|>"]
SPACES = [" ", "  ", "    ", "\t", "\n", "\r\n", "\n\n", "\u00a0", "\u2003", "\u3000", "\u2028", "\u0085", "\v", "\f"]
CONTRACTIONS = ["don't", "I'LL", "we've", "it's", "they're", "'s", "'Re", "o'clock"]
COUNT = 5000


def samples(count: int = COUNT) -> list[str]:
    """`count` different texts, always the same ones."""
    chance = random.Random(20261124)
    kinds = [_script, _script, _prose, _unicode, _unicode, _control, _digits, _spaces, _tokens]
    texts = dict.fromkeys(["", " ", "a", "\n", "\0", "<|im_start|>", "\ufeff", "\U0001f468\u200d\U0001f469\u200d\U0001f467"])
    while len(texts) < count:
        texts[chance.choice(kinds)(chance)] = None
    return list(texts)


def _script(chance: random.Random) -> str:
    parts = []
    for _ in range(chance.randint(1, 9)):
        parts.append(chance.choice(COMMANDS))
        parts.append(chance.choice(["-", "--"]) + chance.choice(WORDS)[: chance.randint(1, 6)])
        parts.append(chance.choice(EXPANSIONS + WORDS + [f"/var/{chance.choice(WORDS)}/{chance.randint(0, 9999)}.log"]))
        parts.append(chance.choice(OPERATORS))
        parts.append(chance.choice(["", "\n", "\n    ", "\n\t", "# note\n"]))
    return chance.choice([" ", " ", ""]).join(parts)


def _prose(chance: random.Random) -> str:
    words = [chance.choice(WORDS + CONTRACTIONS) for _ in range(chance.randint(1, 15))]
    case = chance.choice([str.lower, str.upper, str.title])
    return case(" ".join(words)) + chance.choice(["", ".", "?!", "...", " - ", "\u2014"])


def _unicode(chance: random.Random) -> str:
    planes = [(0xA0, 0x24F), (0x370, 0x5FF), (0x600, 0xDFF), (0x1E00, 0x2BFF), (0x3040, 0x9FFF), (0xAC00, 0xD7A3), (0xE000, 0xFFFD),
              (0x10000, 0x1F9FF), (0x1F1E6, 0x1F1FF), (0x300, 0x36F), (0x20000, 0x2A6DF), (0x10FF00, 0x10FFFF)]
    start, end = chance.choice(planes)
    text = "".join(chr(chance.randint(start, end)) for _ in range(chance.randint(1, 12)))
    form = chance.choice(["NFC", "NFD", "NFKC", None])
    return (unicodedata.normalize(form, text) if form else text) + chance.choice(["", " ls", "'s", "\u0301", "7"])


def _control(chance: random.Random) -> str:
    return "".join(chr(chance.choice([chance.randint(0, 31), chance.randint(127, 159), chance.randint(32, 126)])) for _ in range(chance.randint(1, 20)))


def _digits(chance: random.Random) -> str:
    numerals = "0123456789\u00b2\u00bd\u0663\u0967\u09ea\uff15\u2167\u2474\U0001d7d8\u3007\u4e09"
    return "".join(chance.choice(numerals + "ab .,:-$") for _ in range(chance.randint(1, 24)))


def _spaces(chance: random.Random) -> str:
    return "".join(chance.choice([*SPACES, "x", "fi", ";", "9"]) for _ in range(chance.randint(1, 16)))


def _tokens(chance: random.Random) -> str:
    return "".join(chance.choice(CONTROL_TOKENS + WORDS + SPACES + OPERATORS) for _ in range(chance.randint(1, 8)))
