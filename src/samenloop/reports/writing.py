"""The files of a report, and writing them to a folder."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from samenloop.errors import ErrorCode, SamenloopError
from samenloop.reasons import why
from samenloop.reports import csvfile, html, pdf
from samenloop.reports.model import Report
from samenloop.texts import _


def files(report: Report, made: datetime) -> dict[str, bytes]:
    """Return file name -> content: page, PDF and table file."""
    return {
        f"{report.name}.html": html.render(report).encode(),
        f"{report.name}.pdf": pdf.render(report, made),
        f"{report.name}.csv": csvfile.render(report).encode(),
    }


def write(folder: Path, contents: Mapping[str, bytes]) -> list[Path]:
    """Write files into a folder and return their paths. Raises SamenloopError when one is there already."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for name, content in contents.items():
            with (folder / name).open("xb") as file:
                file.write(content)
            paths.append(folder / name)
    except FileExistsError as error:
        raise SamenloopError(
            ErrorCode.INVALID_INPUT, _("{path} bestaat al: kies een andere map.", path=error.filename)
        ) from error
    except OSError as error:
        raise SamenloopError(
            ErrorCode.STORAGE_FULL, _("De map {path} is niet te schrijven: {why}.", path=folder, why=why(error))
        ) from error
    return paths
