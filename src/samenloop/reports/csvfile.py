"""A report as one table file: UTF-8 with a byte order mark and semicolons, as Dutch spreadsheets open it."""

import csv
import io

from samenloop.reports.model import Report

COLUMNS = ("onderdeel", "rij", "kolom", "waarde")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render(report: Report) -> str:
    """Return the file: one line per cell of each table."""
    target = io.StringIO()
    writer = csv.writer(target, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for section in report.sections:
        if section.table is None:
            continue
        for name, *values in section.table.rows:
            for column, value in zip(section.table.columns[1:], values, strict=True):
                writer.writerow([plain(one) for one in (section.title, name, column, value)])
    return "\ufeff" + target.getvalue()


def plain(value: str) -> str:
    """Return a value that no spreadsheet takes for a formula."""
    return "'" + value if len(value) > 1 and value.startswith(_FORMULA) else value
