#!/usr/bin/env bash
# Regenerates dev.txt, node.txt and coordinator.txt from the three pyproject.toml files.
#
#   deploy/requirements/compile.sh             keep the pinned versions where they still satisfy pyproject.toml
#   deploy/requirements/compile.sh --upgrade   take the newest versions
#
# pip's own settings on this machine are left out of it (local wheel folders would add hashes of files that nobody else
# has), so the hashes are those of the registry's files, for every Python version and platform.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

unset PIP_FIND_LINKS PIP_EXTRA_INDEX_URL PIP_CONSTRAINT
export PIP_CONFIG_FILE=/dev/null

"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet 'pip-tools==7.6.2'

# The oldest supported Python resolves for all: conditional requirements only ever fall away in newer versions.
"$work/venv/bin/python" - "$root" "$work" <<'PY'
import pathlib
import sys
import tomllib

if sys.version_info[:2] != (3, 11):
    sys.exit("compile.sh needs Python 3.11: set PYTHON=python3.11")
root, work = map(pathlib.Path, sys.argv[1:])


def load(folder):
    return tomllib.loads((root / folder / "pyproject.toml").read_text(encoding="utf-8"))


def third_party(requirements):
    return [line for line in requirements if not line.startswith("samenloop")]


shared, node, coordinator = (load(folder) for folder in (".", "node", "coordinator"))
base = third_party(shared["project"]["dependencies"])
node_lines = base + third_party(node["project"]["dependencies"])
coordinator_lines = base + third_party(coordinator["project"]["dependencies"])
coordinator_lines += coordinator["project"]["optional-dependencies"]["postgres"]
dev_lines = node_lines + coordinator_lines + shared["dependency-groups"]["dev"]
for name, lines in {"dev": dev_lines, "node": node_lines, "coordinator": coordinator_lines}.items():
    (work / f"{name}.in").write_text("\n".join(sorted(set(lines))) + "\n", encoding="utf-8")
PY

# Extras are kept (coverage[toml]==...): pip before 24 looks for the newest release of a name with an extra that another
# package asks for, and then refuses it because only the bare name is pinned.
cd "$work"
for name in dev node coordinator; do
    constraint=()
    if [[ $name != dev ]]; then constraint=(-c dev.txt); fi
    if [[ -f $here/$name.txt && $# -eq 0 ]]; then cp "$here/$name.txt" "$name.txt"; fi
    venv/bin/pip-compile --quiet --generate-hashes --allow-unsafe --no-strip-extras --no-header --annotation-style=line \
        --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options \
        "${constraint[@]}" --output-file "$name.txt" "$name.in"
done
for name in dev node coordinator; do
    {
        echo "# Made by deploy/requirements/compile.sh from the three pyproject.toml files; do not edit."
        grep -v '^#' "$name.txt"
    } > "$here/$name.txt"
    echo "$name.txt: $(grep -c '==' "$here/$name.txt") packages"
done
