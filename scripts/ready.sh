#!/bin/sh
# Installs the dependencies once per lock file; silent when there is nothing to do.
set -eu
stamp=node_modules/.ready
sum=$(sha256sum package-lock.json .npmrc package.json)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$sum" ]; then
  echo 'repave: installing dependencies (once per lock file)' >&2
  npm ci --no-audit --no-fund --loglevel=error >&2
  printf '%s' "$sum" > "$stamp"
fi
