#!/bin/sh
# Generate src/samenloop/wire/v1 from proto/; run by `make proto`, which fails when the committed code differs.
set -eu
cd "$(dirname "$0")/.."
out=${1:-src}
PATH="$PWD/.venv/bin:$PATH" .venv/bin/python -m grpc_tools.protoc -I proto --python_out="$out" --grpc_python_out="$out" \
    --mypy_out="$out" proto/samenloop/wire/v1/*.proto
