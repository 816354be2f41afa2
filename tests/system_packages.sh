#!/bin/sh
# See that the machine has what the window tests need of the system; `make test` asks this first.
#
# Installs what is missing, and nothing else, with apt-get: as root, or by a sudo that asks for no
# password. Otherwise it says what is missing and stops. Where all is there, neither apt-get nor
# the network is touched. macOS and Windows bring what Qt needs.
set -eu

# package              how to see that it is there
needed='
python3-venv           venv
libglib2.0-0           library libglib-2.0.so.0
libgl1                 library libGL.so.1
libfontconfig1         library libfontconfig.so.1
fonts-dejavu-core      font
libdbus-1-3            library libdbus-1.so.3
libxkbcommon-x11-0     library libxkbcommon-x11.so.0
libxcb-icccm4          library libxcb-icccm.so.4
libxcb-image0          library libxcb-image.so.0
libxcb-keysyms1        library libxcb-keysyms.so.1
libxcb-render-util0    library libxcb-render-util.so.0
libxcb-shape0          library libxcb-shape.so.0
libxcb-xinerama0       library libxcb-xinerama.so.0
xvfb                   command Xvfb
openbox                command openbox
xdotool                command xdotool
ngspice                command ngspice
'

[ "$(uname -s)" = Linux ] || exit 0
PATH=$PATH:/usr/sbin:/sbin
libraries=$(ldconfig -p 2>/dev/null || true)

is_there() { # package, kind, name
    case $2 in
    venv) "${PYTHON:-python3}" -c 'import ensurepip, venv' 2>/dev/null && return 0 ;;
    font) [ -n "$(find /usr/share/fonts /usr/local/share/fonts -name '*.[ot]t[fc]' 2>/dev/null)" ] && return 0 ;;
    library) case $libraries in *"$3 "*) return 0 ;; esac ;;
    command) command -v "$3" >/dev/null && return 0 ;;
    esac
    dpkg -s "$1" 2>/dev/null | grep -q '^Status: install ok installed$'
}

missing=$(
    echo "$needed" | while read -r package kind name; do
        [ -z "$package" ] || is_there "$package" "$kind" "${name:-}" || printf ' %s' "$package"
    done
)
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "the tests need packages of the system (by their names in Debian), please install:$missing" >&2
    exit 1
elif [ "$(id -u)" = 0 ]; then
    as_root=
elif sudo -n true 2>/dev/null; then
    as_root='sudo -n'
else
    echo "the tests need packages of the system, please run: sudo apt-get install$missing" >&2
    exit 1
fi

said=$(mktemp)
trap 'rm -f "$said"' EXIT

apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -y -qq -o DPkg::Lock::Timeout=120 "$@" >"$said" 2>&1 </dev/null
}

echo "installing what the tests need of the system:$missing"
# The list of packages may be empty, or too old to find them: then it is fetched first.
# shellcheck disable=SC2086
apt install --no-install-recommends $missing ||
    { apt update && apt install --no-install-recommends $missing; } || {
    tail -n 5 "$said" >&2
    echo "the tests need packages of the system, and apt-get could not install:$missing" >&2
    exit 1
}
