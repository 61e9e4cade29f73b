#!/bin/sh
# Installs the dependencies once per lock file, and bundles the commands once per state of the sources; silent
# when there is nothing to do.
set -eu
stamp=node_modules/.ready
sum=$(sha256sum package-lock.json .npmrc package.json)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$sum" ]; then
  echo 'repave: installing dependencies (once per lock file)' >&2
  npm ci --no-audit --no-fund --loglevel=error >&2
  printf '%s' "$sum" > "$stamp"
fi
bundle=.cache/commands/start.js
if [ ! -f "$bundle" ] || [ -n "$(find src scripts package-lock.json -newer "$bundle" | head -n 1)" ]; then
  node_modules/.bin/node scripts/bundle-commands.ts || echo 'repave: commands are not bundled, and start slower' >&2
fi
