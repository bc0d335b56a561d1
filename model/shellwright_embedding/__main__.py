"""Command line: python -m shellwright_embedding build | check."""

import sys


def main(arguments: list[str]) -> int:
    match arguments:
        case ["build"]:
            from .build import build

            build()
        case ["check"]:
            from .check import check

            return check()
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
