"""A deliberately broken build: the coordinator never finds a request that it answered before."""

from samenloop_coordinator.desk import Desk

Desk.repeated = lambda *_arguments: None
