#!/bin/sh
# What Qt needs of the system and Debian lacks on a bare machine. As root they are installed, else the command is named.
# With --xvfb also what tests of the keyboard need: an X server without a screen, and Qt's libraries for it. Without
# these the tests are skipped, so their absence is told and is no failure.
# usage: hmi_libraries.sh [--xvfb]
set -eu
[ "$(uname -s)" = Linux ] || exit 0
command -v ldconfig >/dev/null 2>&1 || PATH="$PATH:/sbin:/usr/sbin"
command -v ldconfig >/dev/null 2>&1 || exit 0

known=$(ldconfig -p)
# Of "library package" lines on standard input the packages whose library is missing.
missing_of() {
    while read -r library package; do
        case $known in
            *"$library"*) ;;
            *) printf ' %s' "$package" ;;
        esac
    done
}

install() {
    [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
    echo "installing what Qt needs:$1" >&2
    apt-get update -qq || true
    # shellcheck disable=SC2086 # a list of packages
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $1 </dev/null >&2
}

missing=$(
    missing_of <<END
libGL.so.1 libgl1
libEGL.so.1 libegl1
libxkbcommon.so.0 libxkbcommon0
libfontconfig.so.1 libfontconfig1
libdbus-1.so.3 libdbus-1-3
libglib-2.0.so.0 libglib2.0-0
END
)
if [ -z "$(find /usr/share/fonts /usr/local/share/fonts -name '*.ttf' -o -name '*.otf' 2>/dev/null | head -n 1)" ]; then
    missing="$missing fonts-dejavu-core"
fi
if [ -n "$missing" ] && ! install "$missing"; then
    echo "Qt lacks libraries of the system. On Debian or Ubuntu run:" >&2
    echo "    sudo apt-get install$missing" >&2
    exit 1
fi
[ "${1:-}" = --xvfb ] || exit 0

wanted=$(
    missing_of <<END
libxcb-cursor.so.0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-image.so.0 libxcb-image0
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-randr.so.0 libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-shape.so.0 libxcb-shape0
libxcb-sync.so.1 libxcb-sync1
libxcb-xfixes.so.0 libxcb-xfixes0
libxcb-xkb.so.1 libxcb-xkb1
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libX11-xcb.so.1 libx11-xcb1
END
)
command -v Xvfb >/dev/null 2>&1 || wanted="$wanted xvfb"
if [ -n "$wanted" ] && ! install "$wanted"; then
    echo "The keyboard's tests under X are skipped. For them: sudo apt-get install$wanted" >&2
fi
