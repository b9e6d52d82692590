"""What a node keeps: ids, keyed digests, codes and dates in one SQLite file. Never a name, a birth date, an address
or a token.

Who can change this file can make the node forget registrations or ask under another case; he cannot make it show or
reveal a person.
"""

from samenloop_node.store.base import Store, Transaction

__all__ = ["Store", "Transaction"]
