#!/bin/sh
# Makes the virtual environment VENV with a Python >= 3.11, unless a good one is there already.
# Usage: make_venv.sh VENV [PYTHON]      PYTHON: an interpreter to use instead of searching for one
set -eu

venv=$1
wanted=${2:-}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
can_make_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }
has_pip() { new_enough "$1" && "$1" -m pip --version >/dev/null 2>&1; }
version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }

if [ -n "$wanted" ]; then
    if ! new_enough "$wanted"; then
        echo "PYTHON=$wanted: not a working Python >= 3.11; give another one, or leave PYTHON out to have one found." >&2
        exit 1
    fi
    if has_pip "$venv/bin/python" && [ "$(version_of "$venv/bin/python")" = "$(version_of "$wanted")" ]; then
        exit 0
    fi
elif has_pip "$venv/bin/python"; then
    exit 0
fi

# A version manager's placeholder can be on the PATH and still not run, so every candidate is tried, not only looked up.
python=
bare=
for candidate in ${wanted:-python3.11 python3.12 python3.13 python3}; do
    new_enough "$candidate" || continue
    if can_make_venv "$candidate"; then
        python=$candidate
        break
    fi
    bare=${bare:-$candidate}
done

if [ -z "$python" ] && [ -z "$bare" ]; then
    echo "No Python >= 3.11 found (tried python3.11, python3.12, python3.13 and python3)." >&2
    echo "Install one, or name one: make PYTHON=/path/to/python3 ..." >&2
    exit 1
fi

# Debian and its kin ship python3 without ensurepip.
if [ -z "$python" ]; then
    package="python$(version_of "$bare")-venv"
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "$bare cannot make virtual environments yet: installing $package" >&2
        apt-get update -qq || true
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" </dev/null >&2 || true
    fi
    if ! can_make_venv "$bare"; then
        echo "$bare cannot make virtual environments (no ensurepip). On Debian or Ubuntu run:" >&2
        echo "    sudo apt-get install $package" >&2
        exit 1
    fi
    python=$bare
fi

echo "making $venv with $python ($(version_of "$python"))" >&2
"$python" -m venv --clear "$venv"
