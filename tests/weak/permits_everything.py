"""A deliberately broken build: whoever is in the covenant may ask whom it likes, also what it did not agree on."""

from samenloop.covenant import permissions

permissions._between = lambda _asking, _holding: None
