"""Pages of HTML: the templates that lie beside this file."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template


@cache
def template(name: str) -> "Template":
    """Return a template, which escapes whatever is put into it."""
    import jinja2

    loader = jinja2.PackageLoader("labcim.app", ".")
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True).get_template(name)
