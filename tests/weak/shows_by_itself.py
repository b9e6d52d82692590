"""A deliberately broken build: a hit that its holder has to decide about shows at once."""

from samenloop.decisions import beforehand

beforehand.valid_beforehand = lambda *_arguments: True
