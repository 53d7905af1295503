#!/usr/bin/env bash
# Makes merges in parts, as an array of jobs does: runs parts in any order, some twice at once, kills them at random moments (SIGKILL, now and
# then SIGTERM), runs them again until all are done, finishes them, also twice at once and killed, and compares every file with that of one run.
#
#   tests/Fuzz/parts.sh [KILLS] [SEED]      100 kills and seed 1 by default; the last line sums up, exit code 1 for a difference.
#
# MERGEHOST is the command to run, by default the one that was built here.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
read -ra program <<< "${MERGEHOST:-dotnet $root/src/MergeHost.Cli/bin/Release/net10.0/MergeHost.Cli.dll}"
wanted=${1:-100}
RANDOM=${2:-1}
parts=4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
models=$root/recipes/quickstart

method() { printf 'merge_method: %s\nbase_model: %s/base\nmodels:\n- {model: %s/finance, parameters: {weight: 0.5%s}}\n- {model: %s/math, parameters: {weight: 0.5%s}}\n' "$1" "$models" "$models" "$2" "$models" "$2"; }
method dare_ties ', density: 0.4' > dare.yaml
{ method ties ', density: 0.3'; echo 'parameters: {trim_scope: model}'; } > whole.yaml
{ method ties ', density: 0.3'; echo 'output: {packing: fp8-block}'; } > packed.yaml
{ printf 'merge_method: slerp\nbase_model: %s/base\nmodels: [{model: %s/finance}]\nselect: {scorer: spear, policy: balanced}\n' "$models" "$models"; } > select.yaml
recipes=(${RECIPES:-dare whole packed select})

merge() { MERGEHOST_LANES=scalar "${program[@]}" merge "$1.yaml" "$2" --threads 1 --shard-size 200K --quiet --no-cache "${@:3}"; }
digests() { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum); }

# How long a part takes undisturbed, so that kills come at any moment of it.
declare -A expected
for recipe in "${recipes[@]}"; do
  merge "$recipe" "whole-$recipe" > /dev/null || { echo "$recipe fails undisturbed"; exit 1; }
  expected[$recipe]=$(digests "whole-$recipe")
done
start=$(date +%s%N)
merge dare timed --part 1/$parts > /dev/null
most=$(( ($(date +%s%N) - start) / 1000000 ))

kills=0 rounds=0 early=0 different=0
: > runs
: > failures
# Runs something in the background and kills it at a random moment.
killed() {
  merge "$@" > /dev/null 2> "killed.err" &
  local shell=$!
  echo "$*" >> runs
  sleep "$(awk -v ms=$(( most / 3 + RANDOM % (most + 1) )) 'BEGIN { print ms / 1000 }')"
  local pid
  pid=$(pgrep -P "$shell" | head -1)
  if [ -n "$pid" ] && kill -"$([ $((RANDOM % 4)) = 0 ] && echo TERM || echo KILL)" "$pid" 2>/dev/null; then kills=$((kills + 1)); else early=$((early + 1)); fi
  wait "$shell" 2>/dev/null
}

# Runs something to its end, which must be good; also in the background, so that what is counted is counted in files.
good() {
  local said
  echo "$*" >> runs
  said=$(merge "$@" 2>&1 > /dev/null) || echo "round $rounds: merge $* fails: $said" | tee -a failures
}

while [ "$kills" -lt "$wanted" ]; do
  recipe=${recipes[$((rounds % ${#recipes[@]}))]}
  rm -rf out
  case $recipe in whole | select) killed "$recipe" out --survey 1/1; good "$recipe" out --survey 1/1 & good "$recipe" out --survey 1/1; wait ;; esac
  for part in $(seq "$parts" | shuf --random-source=<(yes "$RANDOM")); do
    killed "$recipe" out --part "$part/$parts"
    # While a twin is at work, or after one was killed: another beside it.
    good "$recipe" out --part "$part/$parts" &
    [ $((RANDOM % 2)) = 0 ] && killed "$recipe" out --part "$part/$parts"
    good "$recipe" out --part "$part/$parts"
    wait
  done
  killed "$recipe" out --finish
  good "$recipe" out --part $((1 + RANDOM % parts))/$parts &
  good "$recipe" out --finish &
  good "$recipe" out --finish
  wait
  if [ "$(digests out)" != "${expected[$recipe]}" ]; then
    echo "round $rounds: $recipe made other bytes: $(diff <(echo "${expected[$recipe]}") <(digests out) | head -6)"
    different=$((different + 1))
  fi
  rounds=$((rounds + 1))
done

failed=$(grep -c fails failures)
echo "$kills kills in $(wc -l < runs) runs, $rounds outputs of ${recipes[*]} in $parts parts; $early runs ended before their kill; $failed runs failed; $different differences"
[ $((different + failed)) -eq 0 ]
