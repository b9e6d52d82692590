"""Help and errors of use of the three programs, in the language of who types.

The help of a command stands in Dutch where the command is written and is its own message id, like every text (see
`samenloop.texts`). typer says the rest in fixed English words: headings, kinds of values, errors. Those get our words
here; no other module touches the inside of typer.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from inspect import cleandoc
from typing import Any, Final

import typer
from typer._click import Command  # typer carries its own copy of click and exports no more of it than this module needs
from typer._click.exceptions import (
    BadOptionUsage,
    BadParameter,
    MissingParameter,
    NoArgsIsHelpError,
    NoSuchOption,
    UsageError,
)
from typer._click.formatting import HelpFormatter
from typer.core import TyperArgument, TyperGroup, TyperOption

from samenloop.dumps import no_core
from samenloop.texts import N_, _, translated

Parameter = TyperArgument | TyperOption
_OF_TYPER: Final = {
    "Show this message and exit.": N_("Toon deze uitleg en stop."),
    "Install completion for the current shell.": N_("Installeer het aanvullen van opdrachten in deze shell."),
    "Show completion for the current shell, to copy it or customize the installation.": N_(
        "Toon het script dat opdrachten aanvult in deze shell, om te kopiëren of aan te passen."
    ),
}
"""What typer says of the options that it adds itself."""
_NOT_UTF_8: Final = N_(
    "De opdracht bevat tekens die geen UTF-8 zijn. Typ ze opnieuw, of geef het bestand eerst een andere naam."
)


class Program(TyperGroup):
    """The outermost group of a program: whatever it prints about its use is in the language of who types, and it leaves
    no core file.
    """

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the program."""
        no_core()
        each_text(self, translated)
        return super().main(*args, **extra)

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **extra: Any) -> Any:
        """Read the options of the program itself; all that was typed must be text, or nothing later could say it."""
        with _own_words():
            if not all(map(_is_text, args)):
                raise UsageError(_NOT_UTF_8)
            return super().make_context(info_name, args, *more, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Find the command, read its options and run it."""
        with _own_words():
            return super().invoke(ctx)


def _is_text(word: str) -> bool:
    return word.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in word)


def each_text(command: Command, words: Callable[[str], str]) -> None:
    """Replace each text of a command and of all below it by `words(text)`; our headings replace those of typer."""
    command.context_class = _Context
    command.help = words(_unwrapped(command.help or ""))
    command.options_metavar = words(N_("[OPTIES]"))
    for parameter in command.params:
        if isinstance(parameter, Parameter):
            _each_text_of(parameter, words)
    if isinstance(command, TyperGroup):
        command.subcommand_metavar = words(N_("OPDRACHT [ARGUMENTEN]..."))
        for below in command.commands.values():
            each_text(below, words)


def _each_text_of(parameter: Parameter, words: Callable[[str], str]) -> None:
    text = parameter.help or ""
    parameter.help = words(_OF_TYPER.get(text, text))
    parameter.metavar = parameter.metavar and words(parameter.metavar)
    # Typer has no other way to say what kind of value an argument takes.
    parameter.display_type = partial(_kind, parameter)  # type: ignore[method-assign]


def _unwrapped(text: str) -> str:
    """Return a docstring as paragraphs of one line, so that its line breaks in the code are no part of the text."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in cleandoc(text).split("\n\n"))


def _kind(parameter: Parameter, _context: object = None) -> str:
    """Return what kind of value is asked; nothing for a switch, which takes none."""
    described = parameter.type_descriptor
    if described.annotation is bool:
        return ""
    if described.is_path:
        return _("<pad>")
    if described.is_datetime:
        return _("<JJJJ-MM-DD(TUU:MM:SS)>")
    return _("<getal>") if described.annotation in (int, list[int]) else _("<tekst>")


class _Formatter(HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or _("Gebruik:") + " ")


class _Context(typer.Context):
    formatter_class = _Formatter

    def make_formatter(self) -> HelpFormatter:
        """Return what help and errors are written with: from here on our headings are needed."""
        _headings()
        if option := self.command.get_help_option(self):
            _each_text_of(option, translated)
        return super().make_formatter()


def _headings() -> None:
    from typer import rich_utils  # slow to import, and only needed to print help

    rich_utils.ARGUMENTS_PANEL_TITLE = _("Argumenten")
    rich_utils.OPTIONS_PANEL_TITLE = _("Opties")
    rich_utils.COMMANDS_PANEL_TITLE = _("Opdrachten")
    rich_utils.ERRORS_PANEL_TITLE = _("Fout")
    rich_utils.ABORTED_TEXT = _("Afgebroken.")
    rich_utils.DEFAULT_STRING = translated(N_("[standaard: {}]"))
    rich_utils.ENVVAR_STRING = translated(N_("[omgevingsvariabele: {}]"))
    rich_utils.REQUIRED_LONG_STRING = _("[verplicht]")
    rich_utils.RICH_HELP = translated(N_("Uitleg: [blue]{command_path} {help_option}[/]"))


@contextmanager
def _own_words() -> Iterator[None]:
    """Say an error of use in our words; its exit code stays."""
    try:
        yield
    except NoArgsIsHelpError:
        raise
    except (typer.Abort, EOFError):
        _headings()
        raise
    except UsageError as error:
        _headings()
        raise UsageError(_sentence(error), error.ctx) from error


def _sentence(error: UsageError) -> str:
    match error:
        case MissingParameter(param=TyperArgument() | TyperOption() as parameter):
            return _("{name} ontbreekt en is verplicht.", name=_name(parameter))
        case BadParameter(param=TyperArgument() | TyperOption() as parameter):
            return _("De waarde van {name} is niet goed. Geef {kind}.", name=_name(parameter), kind=_wanted(parameter))
        case NoSuchOption():
            text = _("De optie {name} bestaat niet.", name=error.option_name)
            near = ", ".join(error.possibilities or ())
            return _("{text} Bedoelt u {near}?", text=text, near=near) if near else text
        case BadOptionUsage():
            takes_none = "does not take" in error.message
            wrong = N_("De optie {name} krijgt geen waarde.") if takes_none else N_("De optie {name} mist haar waarde.")
            return _(wrong, name=error.option_name)
    return _of_words(error)


def _of_words(error: UsageError) -> str:
    """Return the sentence of an error that typer tells by its English words only."""
    quoted = error.message.split("'")
    if error.message.startswith("No such command") and len(quoted) > 2:
        text = _("De opdracht {name} bestaat niet.", name=quoted[1])
        near = ", ".join(quoted[3::2])
        return _("{text} Bedoelt u {near}?", text=text, near=near) if near else text
    if error.message == _NOT_UTF_8:
        return _(_NOT_UTF_8)
    if error.message.startswith("Missing command"):
        return _("Er ontbreekt een opdracht.")
    if error.message.startswith("Got unexpected extra"):
        return _("Hier staat te veel: {words}", words=error.message.partition("(s) (")[2].removesuffix(")"))
    return _("De opdracht is niet goed geschreven.")


def _name(parameter: Parameter) -> str:
    return parameter.display_name_raw if isinstance(parameter, TyperArgument) else " / ".join(parameter.opts)


def _wanted(parameter: Parameter) -> str:
    """Return what kind of value is asked, with its bounds."""
    least, most = parameter.min, parameter.max
    if most is not None:
        return _("een getal van {least} tot en met {most}", least=least or 0, most=most)
    if least is not None:
        return _("een getal van {least} of meer", least=least)
    return _kind(parameter) or _("geen waarde")
