"""A deliberately broken build: keys of nodes and coordinator come from the secret alone, whatever they are for."""

from samenloop_coordinator import pepper
from samenloop_node.tokens import keys

_derive_pepper, _derive_token = pepper._derive, keys._derive
pepper._derive = lambda root, *_context: _derive_pepper(root, ())
keys._derive = lambda secret, _context: _derive_token(secret, ())
