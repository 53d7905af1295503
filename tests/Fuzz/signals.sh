#!/usr/bin/env bash
# Sends signals (SIGKILL, SIGTERM, SIGINT, SIGSTOP and SIGCONT) to merges, stages, evaluations and sweeps at random moments, runs the same
# command again until it ends, and compares what it made, byte for byte, with what an undisturbed run makes.
#
#   tests/Fuzz/signals.sh [SIGNALS] [SEED]      300 signals and seed 1 by default; the last line sums up, exit code 1 for a difference.
#
# MERGEHOST is the command to run, by default the one that was built here.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
read -ra program <<< "${MERGEHOST:-dotnet $root/src/MergeHost.Cli/bin/Release/net10.0/MergeHost.Cli.dll}"
wanted=${1:-300}
RANDOM=${2:-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
models=$root/recipes/quickstart

method() { printf 'merge_method: %s\nbase_model: %s/base\nmodels:\n- {model: %s, parameters: {weight: 0.5%s}}\n- {model: %s/math, parameters: {weight: 0.5%s}}\n' "$1" "$models" "$2" "$3" "$models" "$3"; }
method dare_ties "$models/finance" ', density: 0.4' > merge.yaml
{ printf 'name: first\n'; method ties "$models/finance" ', density: 0.3'; printf -- '---\n'; method task_arithmetic first ''; } > stages.yaml
{ method ties "$models/finance" ', density: 0.3'; printf 'out_format: gguf\nout_type: q4_0\n'; } > gguf.yaml
for i in 1 2 3 4 5 6; do echo "Revenue of the quarter rose by $i percent, and costs fell. Add $i and 4."; done > texts.txt
printf 'suite: texts\ntasks:\n- {name: finance, benchmark: perplexity, data: texts.txt, window: 32}\n- {name: mathematics, benchmark: perplexity, data: texts.txt, window: 16}\n' > suite.yaml
printf 'study: some\nsuite: suite.yaml\nbase_model: %s/base\nexperts:\n  F: {model: %s/finance, domain: [finance]}\n  M: {model: %s/math, domain: [mathematics]}\nmethods:\n  TA: {merge_method: task_arithmetic, parameters: {weight: 1, lambda: {from: 0.3, to: 0.6, step: 0.3}}}\nstages:\n- {name: one, merge: [FM], settings: all}\n' "$models" "$models" "$models" > sweep.yaml

# What a job runs; all of them write to the folder that is named.
job() {
  case $1 in
    merge) echo merge merge.yaml "$2" --threads 1 --shard-size 1M --quiet ;;
    stages) echo merge stages.yaml "$2" --threads 2 --quiet ;;
    gguf) echo merge gguf.yaml "$2" --threads 1 --quiet ;;
    evaluate) echo evaluate "$models/base" "$models/finance" --suite suite.yaml --cache "$2.cache" --json ;;
    sweep) echo sweep sweep.yaml --cache "$2.cache" --json ;;
  esac
}

# The digests of what a job made: files, or what it printed.
made() { if [ -d "$1" ]; then (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum); else sha256sum < "$1.out"; fi; }

run() {
  read -ra arguments <<< "$(job "$1" "$2")"
  MERGEHOST_LANES=scalar "${program[@]}" "${arguments[@]}" > "$2.out" 2> "$2.err"
}

declare -A expected most
jobs=(${JOBS:-merge stages gguf evaluate sweep})
for kind in "${jobs[@]}"; do
  start=$(date +%s%N)
  run "$kind" "undisturbed-$kind" || { echo "$kind fails undisturbed: $(cat "undisturbed-$kind.err")"; exit 1; }
  most[$kind]=$(( ($(date +%s%N) - start) / 1000000 ))
  expected[$kind]=$(made "undisturbed-$kind")
done

declare -A sent
signals=0 rounds=0 different=0 early=0 slowest=0
while [ "$signals" -lt "$wanted" ]; do
  kind=${jobs[$((rounds % ${#jobs[@]}))]}
  out=round
  rm -rf "$out" "$out.cache" "$out.out"
  for _ in 1 2 3 4 5 6; do
    run "$kind" "$out" 2>/dev/null &
    shell=$!
    sleep "$(awk -v ms=$(( 150 + RANDOM % (most[$kind] * 7 / 10) )) 'BEGIN { print ms / 1000 }')"
    pid=$(pgrep -P "$shell" | head -1)
    [ -n "$pid" ] || { early=$((early + 1)); wait "$shell" 2>/dev/null; break; }
    signal=(KILL KILL TERM INT STOP)
    signal=${signal[$((RANDOM % 5))]}
    if kill -"$signal" "$pid" 2>/dev/null; then
      signals=$((signals + 1))
      sent[$signal]=$((${sent[$signal]:-0} + 1))
    fi
    if [ "$signal" = STOP ]; then sleep 0.2; kill -CONT "$pid" 2>/dev/null; fi
    start=$(date +%s%N)
    wait "$shell" 2>/dev/null
    took=$(( ($(date +%s%N) - start) / 1000000 ))
    case $signal in TERM | INT) slowest=$(( took > slowest ? took : slowest )) ;; esac
    [ ! -e "$out/mergehost.json" ] || [ "$(made "$out")" = "${expected[$kind]}" ] || [ -e "$out/mergehost.journal.partial" ] \
      || [ -e "$out/.stages" ] || { echo "round $rounds: $kind looks whole after SIG$signal and is not: $(diff <(echo "${expected[$kind]}") <(made "$out") | head -6)"; different=$((different + 1)); }
  done
  if ! run "$kind" "$out"; then
    echo "round $rounds: $kind cannot be resumed: $(tail -3 "$out.err")"
    different=$((different + 1))
  elif [ "$(made "$out")" != "${expected[$kind]}" ]; then
    echo "round $rounds: $kind made other bytes: $(diff <(echo "${expected[$kind]}") <(made "$out") | head -6)"
    different=$((different + 1))
  fi
  rounds=$((rounds + 1))
done

for signal in "${!sent[@]}"; do printf 'SIG%s %s, ' "$signal" "${sent[$signal]}"; done
echo "$signals signals in $rounds rounds over ${jobs[*]}; $early runs ended before their signal; stopped within $slowest ms; $different differences"
[ "$different" -eq 0 ]
