#!/bin/sh
# sh requirements/install.sh run|test: makes .venv hold what requirements/run.txt or test.txt locks.
# The copy of a lock inside .venv is its stamp: while the two are equal there is nothing to do and no network is used.
# PYTHON names the interpreter; without it the first suitable one on the PATH is taken.
set -eu
cd "$(dirname "$0")/.."
want=$1
venv=.venv
candidates=${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}

refuse() {
    echo "$*" >&2
    exit 1
}

recent() { # is this interpreter there, and 3.11 or newer?
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

stamped() { # was this lock installed here?
    cmp -s "requirements/$1.txt" "$venv/$1.txt"
}

find_python() {
    for candidate in $candidates; do
        if recent "$candidate"; then
            "$candidate" -c 'import venv, ensurepip' >/dev/null 2>&1 ||
                refuse "The venv module of $candidate is missing (on Debian: apt-get install python3-venv)."
            echo "$candidate"
            return
        fi
    done
    refuse "Python 3.11 or newer is missing: looked for $candidates; PYTHON=/path/to/python3 names another."
}

if recent "$venv/bin/python"; then
    stamped "$want" && exit 0
else
    python=$(find_python)
    echo "Making $venv with $python"
    "$python" -m venv --clear "$venv"
fi

echo "Installing requirements/$want.txt into $venv (once; about half a minute)"
rm -f "$venv/run.txt" "$venv/test.txt"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
    -r "requirements/$want.txt" ||
    refuse "The packages of requirements/$want.txt could not be installed: pip says why above."
if [ "$want" = test ]; then # the test set holds the run set
    cp requirements/test.txt "$venv/test.txt"
fi
cp requirements/run.txt "$venv/run.txt"
