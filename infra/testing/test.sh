#!/usr/bin/env bash
# npm test: everything; `npm test -- functions/create-event` runs the tests of one file or folder.
set -euo pipefail

vitest=(vitest run --config infra/testing/vitest.config.ts)
if [ $# -gt 0 ]; then exec "${vitest[@]}" "$@"; fi

source infra/testing/parallel.sh
part lint npm run --silent lint
part check npm run --silent check
tests=passed
"${vitest[@]}" || tests=FAILED
finish
[ "$tests" = passed ]
