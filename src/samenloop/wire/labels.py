"""Labels of signed bodies: a signature made for one kind of message never fits another."""

CHUNK = "samenloop/v1/chunk"
QUESTION = "samenloop/v1/question"
STATEMENT = "samenloop/v1/statement"
OWN_QUERY = "samenloop/v1/own-query"
NOTICE = "samenloop/v1/notice"
