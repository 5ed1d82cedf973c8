"""The settings of the functions as options of the commands that start them: ``--x-y`` is the variable ``KROFN_X_Y``.

Functions read nothing but the environment, so an option does no more than set the variable for the processes that are started; it wins over
one that is set outside. Names and values are those of kro's controller where the meaning is kro's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from functions.platform.settings import FEATURE_GATES, parse, variable
from local_emulator.cli.console import Misuse

_Command = TypeVar("_Command", bound=Callable[..., None])

HELP = {
    "allow_crd_deletion": "Delete the generated CRD, and with it all instances, when a definition is deleted.",
    "rgd_max_graph_revisions": "How many GraphRevisions of a definition are kept.",
    "rgd_max_collection_size": "Most objects that one forEach may make.",
    "rgd_max_collection_dimension_size": "Most iterators that one forEach may have.",
    "instance_requeue_interval": "First delay before a run that no event would bring; 0 for no such runs.",
    "rgd_progress_requeue_delay": "The same for a definition.",
    "feature_gates": f"Name=true, separated by commas: {', '.join(FEATURE_GATES)}.",
    "version_label": "Value of the label kro.run/kro-version.",
    "service_accounts": "Whose rights a definition asks for: bridge=namespace/name,instance=namespace/name.",
    "resync_period": "How often all instances are looked at again; 0 for never.",
    "run_deadline": "Longest time that one run may take.",
}
"""Setting → one line of help."""
_MAY_STAND_ALONE = {"allow_crd_deletion": "true"}


class _Text(click.ParamType[str]):
    """The text of a setting, as it is, once the setting's own parser has taken it."""

    name = "value"

    def convert(self, value: Any, param: click.Parameter | None, _context: click.Context | None) -> str:
        assert param is not None
        assert param.name is not None
        try:
            parse(param.name, str(value))
        except ValueError as error:
            raise Misuse(f"{param.opts[0]}: {error}") from None
        return str(value)


def settings_options(command: _Command) -> _Command:
    """Gives a command an option for each of :data:`HELP`; they reach it as keyword arguments, None where not given."""
    for name in reversed(HELP):
        alone = {"is_flag": False, "flag_value": _MAY_STAND_ALONE[name]} if name in _MAY_STAND_ALONE else {}
        command = click.option(f"--{name.replace('_', '-')}", name, type=_Text(), help=HELP[name], **alone)(command)  # type: ignore[arg-type]
    return command


def variables(given: Mapping[str, str | None]) -> dict[str, str]:
    """The environment variables that the options of a command line stand for."""
    return {variable(name): text for name, text in given.items() if text is not None}
