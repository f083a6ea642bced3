#!/usr/bin/env bash
# Makes .venv with exactly what requirements.lock names, and this project installed editable.
# Does nothing when that is already so: the stamp holds the hash of what .venv was made from.
set -euo pipefail
cd "$(dirname "$0")/.."

stamp=.venv/.made-from
made_from=$(cat requirements.lock pyproject.toml harness/setup.sh | sha256sum | cut -d' ' -f1)
[[ -x .venv/bin/python && -f $stamp && $(<"$stamp") == "$made_from" ]] && exit 0

# Two make runs at once take turns.
exec 9>.setup.lock
flock 9
[[ -x .venv/bin/python && -f $stamp && $(<"$stamp") == "$made_from" ]] && exit 0

python=$(command -v "${PYTHON:-python3.11}" || command -v python3) || {
  echo "error: Python 3.11 or newer is needed, and there is none in PATH: install it, or name it: make setup PYTHON=/path/to/python3.11" >&2
  exit 1
}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "error: $python is $("$python" --version), 3.11 or newer is needed: make setup PYTHON=/path/to/python3.11" >&2
  exit 1
}

echo "Making .venv with $("$python" --version)" >&2
[[ -x .venv/bin/pip ]] || "$python" -m venv .venv
# uv itself comes from the lock too, by its hashes; then it installs the rest.
uv_requirement=$(mktemp)
trap 'rm -f "$uv_requirement"' EXIT
awk '/^[a-z]/ {wanted = /^uv==/} wanted' requirements.lock >"$uv_requirement"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$uv_requirement"
export VIRTUAL_ENV=$PWD/.venv
.venv/bin/uv pip sync --quiet --require-hashes requirements.lock
.venv/bin/uv pip install --quiet --no-deps --no-build-isolation --editable .
echo "$made_from" >"$stamp"
