"""Labels of signed bodies: a signature made for one kind of message never fits another (see `samenloop.keys`)."""

CHUNK = "chunk"
QUESTION = "question"
STATEMENT = "statement"
OWN_QUERY = "own-query"
OWN_LIST = "own-list"
NOTICE = "notice"
