# shellcheck shell=bash
# To be sourced by what runs several checks at the same time:
#   part NAME COMMAND...  starts one
#   finish                waits for all of them in that order, prints what each has written and how long it
#                         took, and exits with 1 where one failed
# Whoever sources this is ended together with all that it has started.

parts=$(mktemp -d)
names=()

part() {
  local name=$1
  shift
  names+=("$name")
  set -m # each part is a process group of its own, which can be ended as a whole
  (
    trap 'echo $SECONDS >"$parts/$name.seconds"' EXIT
    SECONDS=0
    "$@"
  ) </dev/null >"$parts/$name.output" 2>&1 &
  echo $! >"$parts/$name.pid"
  set +m
}

finish() {
  local name failed=() times=()
  for name in "${names[@]}"; do
    if wait "$(<"$parts/$name.pid")"; then result=passed; else result=FAILED failed+=("$name"); fi
    rm "$parts/$name.pid"
    times+=("$name $result after $(<"$parts/$name.seconds") s")
    printf '\n== %s\n' "$name"
    cat "$parts/$name.output"
  done
  printf '\n'
  printf '%s\n' "${times[@]}"
  [ ${#failed[@]} -eq 0 ] || exit 1
}

trap '
  for file in "$parts"/*.pid; do [ ! -e "$file" ] || kill -TERM -- "-$(<"$file")" 2>/dev/null; done
  rm -rf "$parts"
' EXIT
trap 'exit 130' INT TERM HUP
