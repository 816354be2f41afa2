"""labcim: form, program, verify and characterise memristor crossbars.

    import labcim

    with labcim.open_bench("bench.toml") as bench:
        run = bench.run(labcim.load_recipe("write_verify.toml"))
        run.readings()          # a pandas DataFrame

Names are loaded on first use, so that ``import labcim`` costs nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "AnalogMatrix": "labcim.programming.matrix",
    "open_bench": "labcim.app.bench",
    "open_record": "labcim.app.record",
    "load_recipe": "labcim.app.recipes",
    "new_recipe": "labcim.app.recipes",
}

__all__ = ["AnalogMatrix", "__version__", "load_recipe", "new_recipe", "open_bench", "open_record"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'labcim' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
