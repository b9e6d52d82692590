"""`samenloop` itself speaks Dutch, and English when asked."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(sys.executable).parent / "samenloop"


def said(language: str, *arguments: str) -> str:
    """Return all that the program says."""
    environment = {**os.environ, "SAMENLOOP_LANG": language, "COLUMNS": "200"}
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, env=environment, check=False)
    return done.stdout + done.stderr


def test_the_catalogue_of_the_law_is_shown_in_both_languages() -> None:
    assert "Houders worden één voor één gekozen" in said("nl", "catalogue", "show", "rules", "R-24")
    assert "Holders are chosen one by one" in said("en", "catalogue", "show", "rules", "R-24")


def test_an_error_is_said_in_both_languages_without_words_of_the_system(tmp_path: Path) -> None:
    here = str(tmp_path)
    dutch = f"{here} kan niet worden gelezen: het is een map. Noem een bestand.\n"
    assert said("nl", "covenant", "show", here) == dutch
    assert said("en", "covenant", "show", here) == f"{here} cannot be read: it is a folder. Name a file.\n"
