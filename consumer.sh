#!/bin/sh
# Start a consumer alone: ./consumer.sh [--queue NAME [--workers N]]...
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
python="$here/.venv/bin/python"
[ -x "$python" ] || python=python3
exec "$python" "$here/app.py" consumer "$@"
