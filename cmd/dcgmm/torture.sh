#!/usr/bin/env bash
# Kills the program again and again, at random times and with random signals, while it trains, reproduces the tier smoke
# and searches. In the end every result must have the bits of an undisturbed run, and nothing may be left behind.
#
#   cmd/dcgmm/torture.sh [PROGRAM [KILLS [SEED]]]     PROGRAM: dcgmm, as `make build` leaves it; KILLS: 200 in all
set -euo pipefail
set -m # a background job of a script without job control would ignore SIGINT
cd "$(dirname "$0")/../.."
program=$(realpath "${1:-.cache/bin/dcgmm}")
kills=${2:-200}
RANDOM=${3:-1}

say() { printf '== %s\n' "$*"; }
fail() { printf 'torture: %s\n' "$*" >&2; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/torture.XXXXXX")
running=
clean() {
  code=$?
  if [ -n "$running" ]; then kill -KILL "$running" 2>/dev/null || true; fi
  if [ "$code" = 0 ]; then rm -rf "$work"; else printf 'torture: what is left is in %s\n' "$work" >&2; fi
  exit "$code"
}
trap clean EXIT

# Every command runs in a folder of its own with relative paths, so that two folders can be compared.
# A run that was killed after its end may be started once more: --force.
train=(train --set glyphs --offline --arch "F8/2 A16:2 M F6 G25" --optimizer adam --epochs 15 --out model.dcgmm --force)
reproduce=(reproduce --tier smoke --offline --results results --cache cache)
tune=(tune --sets glyphs --offline --tasks clustering --families deep,em --candidates 4 --budget 0.05 --results results --configs configs --cache cache)

now() { date +%s%3N; }

# once COMMAND FOLDER: an undisturbed run; sets $took to its milliseconds.
once() {
  local -n arguments=$1
  mkdir -p "$2"
  local from; from=$(now)
  (cd "$2" && "$program" "${arguments[@]}" >"$work/log" 2>&1) || fail "$1 failed: $(tail -n 3 "$work/log")"
  took=$(($(now) - from))
}

# stop COMMAND FOLDER MOST: starts the command and kills it within MOST milliseconds. It reports whether the command had ended by itself.
stop() {
  local -n arguments=$1
  local folder=$2 signals=(KILL TERM HUP INT) numbers=(9 15 1 2) pick=$((RANDOM % 4)) code=0
  local pause=$(((RANDOM * 32768 + RANDOM) % $3))
  mkdir -p "$folder"
  (cd "$folder" && exec "$program" "${arguments[@]}") >"$work/log" 2>&1 &
  running=$!
  sleep "$(printf '%d.%03d' $((pause / 1000)) $((pause % 1000)))"
  kill -"${signals[pick]}" "$running" 2>/dev/null || true
  { wait "$running" || code=$?; } 2>/dev/null # the shell would report every kill
  running=
  # 130 is the program's own code after a signal, 128+n that of a signal before the program listened.
  case $code in
    0 | 130 | $((128 + numbers[pick]))) ;;
    *) fail "$1 ended with $code after SIG${signals[pick]}: $(tail -n 3 "$work/log")" ;;
  esac
  [ "$code" = 0 ]
}

list() { (cd "$1" && find . | LC_ALL=C sort); }

# vary COMMAND: the files of the references that differ although nothing was disturbed: they hold times, or checksums of files that do.
vary() { (cd "$work/$1-a" && find . -type f) | while read -r f; do cmp -s "$work/$1-a/$f" "$work/$1-b/$f" || echo "$f"; done; }

# timeless FILE: what a cell holds beside times, memory and its checksum.
timeless() { sed -E 's/"(Seconds|CPU|PeakMB)":[-+.0-9e]+//g; /^\{"SHA256"/d' "$1"; }

# compare COMMAND FOLDER: with the reference.
compare() {
  diff <(list "$work/$1-a") <(list "$2") >"$work/diff" || fail "$1: other files than in an undisturbed run: $(cat "$work/diff")"
  (cd "$2" && find . -type f) | while read -r f; do
    if ! grep -qxF "$f" "$work/$1-vary"; then
      cmp "$work/$1-a/$f" "$2/$f" || fail "$1: $f has other bits"
    elif [[ $f == ./cache/cells/*.json ]]; then
      cmp <(timeless "$work/$1-a/$f") <(timeless "$2/$f") || fail "$1: $f has other values"
    fi
  done
  if [ "$1" = reproduce ]; then
    "$program" diff "$work/$1-a/results/smoke" "$2/results/smoke" >"$work/log" || fail "$1: $(tail -n 3 "$work/log")"
  fi
}

# torture COMMAND KILLS
torture() {
  local command=$1 left=$2 rounds=0 most
  once "$command" "$work/$command-a"; most=$took
  once "$command" "$work/$command-b"
  vary "$command" >"$work/$command-vary"
  say "$command: $((most / 1000)).$((most % 1000 / 100)) s undisturbed, $(wc -l <"$work/$command-vary") of $(find "$work/$command-a" -type f | wc -l) files hold times; $left kills"
  while [ "$left" -gt 0 ]; do
    local folder=$work/$command-killed
    rm -rf "$folder"
    rounds=$((rounds + 1))
    # A run is killed ten times at most, within a third of its time each, and may end then.
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      [ "$left" -gt 0 ] || break
      left=$((left - 1))
      if stop "$command" "$folder" $((most / 3 + 1)); then break; fi
    done
    once "$command" "$folder"
    compare "$command" "$folder"
  done
  say "$command: $rounds runs ended with the bits of an undisturbed one, and nothing is left behind"
}

torture train $((kills * 6 / 10))
torture tune $((kills * 2 / 10))
torture reproduce $((kills - kills * 6 / 10 - kills * 2 / 10))
