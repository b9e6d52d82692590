"""The law as data: kinds, modes, pair rules, grounds, secrecy, closed lists (legal catalogue)."""

from samenloop.catalogue.catalogue import Catalogue
from samenloop.catalogue.loader import load_catalogue, parse_catalogue
from samenloop.catalogue.tighten import parse_override, tightened

__all__ = ["Catalogue", "load_catalogue", "parse_catalogue", "parse_override", "tightened"]
