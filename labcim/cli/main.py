"""The commands of ``labcim``, gathered; each lives in a room of its own."""

import gc
import os
import sys

import typer

from labcim import __version__
from labcim.errors import LabcimError

from . import (
    bench,
    chip,
    cost,
    datasheet,
    gui,
    host,
    importing,
    new,
    puf,
    randomness,
    record,
    replay,
    run,
    serve,
    steer,
    traffic,
    wafer,
)
from .exit_codes import ExitCode, code_of

app = typer.Typer(
    help="Form, program, verify and characterise memristor crossbars: real ones or simulated ones.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
ROOMS = (
    run, wafer, steer, record, datasheet, cost, puf, randomness, replay, bench, chip, traffic,
    serve, host, gui, new, importing,
)  # fmt: skip
for room in ROOMS:
    room.add_commands(app)


@app.callback(invoke_without_command=True)
def _options(
    version: bool = typer.Option(False, "--version", help="Say the version and stop."),
    debug: bool = typer.Option(False, "--debug", help="Show tracebacks and the wire."),
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit()
    if debug:
        import logging

        logging.basicConfig(level=logging.DEBUG)


def look_for_garbage_less_often() -> None:
    """Tune Python's collector for a process of our own.

    What is imported stays: to look through it again and again takes an eighth of a short run.
    """
    gc.set_threshold(100_000, 20, 100)


def run_command(words: list[str]) -> int:
    """Run one command line and return its exit code."""
    look_for_garbage_less_often()
    try:
        result = app(args=words, standalone_mode=False, prog_name="labcim")
        return int(result) if isinstance(result, int) else ExitCode.DONE
    except LabcimError as trouble:
        return _refused(str(trouble), code_of(trouble), words)
    except typer.Exit as trouble:
        return trouble.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return _refused("ended from the keyboard", ExitCode.ABORTED, words)
    except BrokenPipeError:
        # The reader (head, less) has seen enough; Python must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
    except Exception as trouble:
        return _strange(trouble, words)


def _strange(trouble: Exception, words: list[str]) -> int:
    usage = getattr(trouble, "format_message", None)  # click's own errors have one
    if usage is not None:
        return _refused(usage(), ExitCode.BAD_INPUT, words)
    text = f"internal error, {type(trouble).__name__}: {trouble} (--debug shows more)"
    return _refused(text, ExitCode.INTERNAL, words)


def _refused(text: str, code: ExitCode, words: list[str]) -> int:
    if "--debug" in words and sys.exc_info()[1] is not None:
        import traceback

        traceback.print_exc()
    print(f"labcim: {text}", file=sys.stderr)
    return code
