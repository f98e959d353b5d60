# shellcheck shell=bash
# Source this to run several checks at the same time:
#   part NAME COMMAND...  starts one
#   finish                waits for all of them in that order, prints the output of each and how long it
#                         took, and exits with 1 if one failed
# A script that sources this ends all its parts when it ends.

parts=$(mktemp -d)
names=() pids=()

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
  pids+=("$!")
  set +m
}

finish() {
  local index name failed=() times=()
  for index in "${!names[@]}"; do
    name=${names[index]}
    if wait "${pids[index]}"; then result=passed; else result=FAILED failed+=("$name"); fi
    times+=("$name $result after $(<"$parts/$name.seconds") s")
    printf '\n== %s\n' "$name"
    cat "$parts/$name.output"
  done
  printf '\n'
  printf '%s\n' "${times[@]}"
  [ ${#failed[@]} -eq 0 ] || exit 1
}

trap '
  for pid in $(jobs -pr); do kill -TERM -- "-$pid" 2>/dev/null || true; done
  wait # or a part could still write to the folder
  rm -rf "$parts"
' EXIT
trap 'exit 130' INT TERM HUP
