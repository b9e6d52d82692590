"""JSON from outside, read so that whatever was accepted can also be written: text in UTF-8 and nothing else.

JSON can escape half of a surrogate pair. Python reads it as text that no socket, log or paper can hold.
"""

import json


def parse(data: bytes) -> object:
    """Return the value of a JSON text; raises ValueError for anything else, too deep or not UTF-8 included."""
    try:
        value: object = json.loads(data.decode())
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError from error
    return value
