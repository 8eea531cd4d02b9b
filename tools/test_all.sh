#!/bin/sh
# Runs the suite on every installed Python that OTHA supports; says which were not found. Fails when one run fails.
# Usage: test_all.sh [pytest arguments]
set -u

newest_of() {
    for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python; do
        if "$candidate" -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != sys.argv[1])' "$1" >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
}

failed=
for version in 3.11 3.12 3.13; do
    python=$(newest_of "$version")
    if [ -z "$python" ]; then
        echo "== Python $version: not installed, not tested"
        continue
    fi
    echo "== Python $version: $python"
    make test VENV=".venv-$version" PYTHON="$python" ARGS="$*" || failed="$failed $version"
done
if [ -n "$failed" ]; then
    echo "failed on:$failed" >&2
    exit 1
fi
