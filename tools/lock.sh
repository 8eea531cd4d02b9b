#!/bin/sh
# Writes the lock files from pyproject.toml. Usage: lock.sh UV [--upgrade]
# Universal: one version per package for every supported Python and platform, with the hashes of all its files.
# No settings of the machine get in (--no-config), and no addresses get out.
set -eu

uv=$1
shift
lock() {
    out=$1
    shift
    "$uv" pip compile --quiet --no-config --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
        --no-header --no-annotate --no-emit-index-url --no-emit-find-links "$@" --output-file "$out"
}

lock requirements.lock pyproject.toml "$@"
lock requirements-hmi.lock pyproject.toml --extra hmi --constraint requirements.lock "$@"
lock requirements-build.lock --group build "$@"
lock requirements-dev.lock pyproject.toml --extra hmi --group dev --constraint requirements.lock --constraint requirements-build.lock "$@"
