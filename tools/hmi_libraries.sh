#!/bin/sh
# What Qt needs of the system and Debian lacks on a bare machine. As root they are installed, else the command is named.
# usage: hmi_libraries.sh
set -eu
[ "$(uname -s)" = Linux ] || exit 0
command -v ldconfig >/dev/null 2>&1 || PATH="$PATH:/sbin:/usr/sbin"
command -v ldconfig >/dev/null 2>&1 || exit 0

known=$(ldconfig -p)
missing=
while read -r library package; do
    case $known in
        *"$library"*) ;;
        *) missing="$missing $package" ;;
    esac
done <<END
libGL.so.1 libgl1
libEGL.so.1 libegl1
libxkbcommon.so.0 libxkbcommon0
libfontconfig.so.1 libfontconfig1
libdbus-1.so.3 libdbus-1-3
libglib-2.0.so.0 libglib2.0-0
END
if [ -z "$(find /usr/share/fonts /usr/local/share/fonts -name '*.ttf' -o -name '*.otf' 2>/dev/null | head -n 1)" ]; then
    missing="$missing fonts-dejavu-core"
fi
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing what Qt needs:$missing" >&2
    apt-get update -qq || true
    # shellcheck disable=SC2086 # a list of packages
    if DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing </dev/null >&2; then
        exit 0
    fi
fi
echo "Qt lacks libraries of the system. On Debian or Ubuntu run:" >&2
echo "    sudo apt-get install$missing" >&2
exit 1
