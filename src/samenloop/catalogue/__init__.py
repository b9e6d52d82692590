"""The law as data: kinds, modes, pair rules, grounds, secrecy, closed lists (legal catalogue)."""

from samenloop.catalogue.catalogue import Catalogue
from samenloop.catalogue.loader import load_catalogue, parse_catalogue

__all__ = ["Catalogue", "load_catalogue", "parse_catalogue"]
