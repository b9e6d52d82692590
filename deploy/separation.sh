#!/usr/bin/env bash
# Shows that a coordinator's machine holds no code that can compute a token: a fresh environment is filled from
# coordinator.txt and two wheels, as an operator does it; then its program must work and the node must be absent.
#
#   deploy/separation.sh          (after `make` has built .venv; `make separation` does both)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=$PWD/.venv/bin/python
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for project in . coordinator; do
    "$build" -c 'import pathlib, sys; from flit_core.wheel import make_wheel_in
make_wheel_in(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))' "$project/pyproject.toml" "$work"
done

"$build" -m venv "$work/venv"
coordinator=$work/venv/bin/python
"$coordinator" -m pip install -qq --disable-pip-version-check --require-hashes -r deploy/requirements/coordinator.txt
"$coordinator" -m pip install -qq --disable-pip-version-check --no-index --no-deps "$work"/*.whl

cd "$work"
"$coordinator" -m pip check
"$work/venv/bin/samenloop-coordinator" --help > help.txt
grep -q 'samenloop-coordinator' help.txt
"$work/venv/bin/samenloop" --help > /dev/null
echo 'samenloop-coordinator --help works.'

# The control: the developers' environment does hold the node, so the check below can tell the difference.
"$build" -c 'import samenloop_node'
if "$coordinator" -c 'import samenloop_node' 2> error.txt; then
    echo 'samenloop_node can be imported on a coordinator: the key rule is broken.' >&2
    exit 1
fi
grep -q ModuleNotFoundError error.txt
echo 'import samenloop_node fails there, as it must.'
