# shellcheck shell=bash
# Source this to run several checks at the same time:
#   part NAME COMMAND...  starts one
#   finish                waits for all of them in that order, prints the output of each and how long it
#                         took, and exits with 1 if one failed
# A script that sources this ends all its parts when it ends.

parts=$(mktemp -d)
names=()

part() {
  local name=$1
  shift
  names+=("$name")
  set -m # makes each part a process group, which can be ended as a whole
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
