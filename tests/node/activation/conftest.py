"""The nodes, people and small coordinator of the question tests."""

from tests.node.questions.conftest import (  # noqa: F401 - fixtures
    _clock,
    _consortium,
    _coordinator,
    _kit,
    _node,
    _user_of,
)
