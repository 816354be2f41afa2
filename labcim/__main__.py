"""``labcim`` and ``python -m labcim``: the front door."""

import sys


def main() -> None:
    """Run one command. No traceback reaches a user unless ``--debug`` is given."""
    # The command line is taken apart only here, so that `import labcim` stays light.
    from labcim.cli.main import run_command

    sys.exit(run_command(sys.argv[1:]))


if __name__ == "__main__":
    main()
