"""Command line: python -m shellwright_model build | plans | documents | perplexity | fixtures | check."""

import sys


def main(arguments: list[str]) -> int:
    match arguments:
        case ["build"]:
            from .build import build

            build()
        case ["plans"]:
            from .plans import report_plans

            report_plans()
        case ["documents"]:
            from .build import write_documents

            write_documents()
        case ["check"]:
            from .check import check

            return check()
        case ["perplexity"]:
            from .perplexity import report

            report()
        case ["fixtures"]:
            from .fixtures import write_fixtures

            write_fixtures()
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
