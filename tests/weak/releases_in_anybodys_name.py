"""A deliberately broken build: a release needs no decision-maker, no ground and no answer."""

from samenloop.decisions import guards

guards.refuse = lambda _unmet: None
