#!/bin/sh
# Puts exactly what requirements.lock names into .venv. Needs Python 3.11 or newer, nothing else.
# Run from the checkout; PYTHON chooses the interpreter.
set -eu
python=${PYTHON:-python3}

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "Python 3.11 or newer is needed, and '$python' is not. Choose another: make PYTHON=/path/to/python3.12 …" >&2
    exit 1
fi

create_venv() { "$python" -m venv .venv >.venv.log 2>&1; }

# Debian keeps the module that puts pip into a new environment in a package of its own.
install_venv_package() {
    command -v apt-get >/dev/null || return 1
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        as_root='sudo -n'
        $as_root true 2>/dev/null || return 1
    fi
    $as_root apt-get -q update >>.venv.log 2>&1 || true
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends python3-venv >>.venv.log 2>&1
}

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    rm -rf .venv
    if ! create_venv && ! { install_venv_package && create_venv; }; then
        cat .venv.log >&2
        rm -rf .venv
        echo "This Python cannot create environments. On Debian and Ubuntu: sudo apt-get install python3-venv" >&2
        exit 1
    fi
    rm -f .venv.log
fi
[ -x .venv/bin/uv ] || .venv/bin/pip --quiet --disable-pip-version-check install uv
.venv/bin/uv pip sync --quiet --compile-bytecode --python .venv/bin/python --require-hashes requirements.lock
# The command line beside Python: it runs from the checkout, so it is never older than the code.
cat >.venv/bin/salesops <<'LAUNCHER'
#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$(readlink -f -- "$0")")" && pwd)
PYTHONPATH="$here/../..${PYTHONPATH:+:$PYTHONPATH}" exec "$here/python" -m clients.command_line "$@"
LAUNCHER
chmod +x .venv/bin/salesops
touch .venv/installed
