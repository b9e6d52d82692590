"""A deliberately broken build: a process that makes tokens does not notice that the node is gone."""

from samenloop_node.tokens import streams


def start(making: streams.Making) -> None:
    streams._worker.append(making)


streams._start = start
