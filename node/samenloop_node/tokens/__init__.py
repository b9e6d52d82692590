"""From a person to keyed tokens. With `samenloop_node.references` the node's only users of hmac."""
