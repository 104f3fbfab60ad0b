#!/usr/bin/env bash
# Renews the locks from pyproject.toml: run.txt for a server, dev.txt for the checkout, bench.txt for the benchmark's
# peer. Universal (every system, Python 3.11 and newer), with hashes, naming no registry host.
# With --upgrade the newest fitting version of everything that pyproject.toml does not pin.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
"$python" -m pip install --quiet uv==0.13.9

# setuptools is locked too, so that installing this package itself asks no registry.
build_needs=$("$python" -c '
import pathlib, tomllib
print(*tomllib.loads(pathlib.Path("pyproject.toml").read_text())["build-system"]["requires"], sep="\n")')

lock() {
    local out=$1; shift
    echo "$build_needs" | "$python" -m uv pip compile pyproject.toml - --universal --python-version 3.11 \
        --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --quiet \
        --custom-compile-command "make lock" --output-file "requirements/$out.txt" "$@"
}
lock dev --extra dev --extra bench "$@"   # widest first: the others keep its versions
mv requirements/dev.txt requirements/.all.txt
lock run --constraint requirements/.all.txt
lock dev --constraint requirements/.all.txt --extra dev
lock bench --constraint requirements/.all.txt --extra bench
rm requirements/.all.txt
