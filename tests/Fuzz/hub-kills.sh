#!/usr/bin/env bash
# Kills merges that read their models from a hub by ranges (SIGKILL) at random moments, runs the same command again until it ends, and compares
# what it made, byte for byte, with what an undisturbed run makes. Every third round breaks connections as well.
#
#   tests/Fuzz/hub-kills.sh [KILLS] [SEED]      100 kills and seed 1 by default; the last line sums up, exit code 1 for a difference.
#
# The hub is tests/fixtures/hub/fakehub.py, which needs Python 3. MERGEHOST is the command to run, by default the one that was built here.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
read -ra program <<< "${MERGEHOST:-dotnet $root/src/MergeHost.Cli/bin/Release/net10.0/MergeHost.Cli.dll}"
wanted=${1:-100}
RANDOM=${2:-1}
work=$(mktemp -d)
trap 'kill $hub 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
for model in base finance math; do mkdir -p "repos/models/quickstart/$model"; cp -rL "$root/recipes/quickstart/$model" "repos/models/quickstart/$model/main"; echo '{"commits": [{"folder": "main"}], "refs": {"main": 0}}' > "repos/models/quickstart/$model/repo.json"; done
python3 "$root/tests/fixtures/hub/fakehub.py" --root repos --ready ready > /dev/null &
hub=$!
until [ -s ready ]; do sleep 0.1; done
HF_ENDPOINT=$(python3 -c 'import json; print(json.load(open("ready"))["hub"])')
export HF_ENDPOINT HF_HOME=$work/home
method() { printf 'merge_method: %s\nbase_model: hf:quickstart/base\nmodels:\n- {model: hf:quickstart/finance, parameters: {weight: 0.5%s}}\n- {model: hf:quickstart/math, parameters: {weight: 0.5%s}}\n' "$1" "$2" "$2"; }
method task_arithmetic '' > elementwise.yaml
method ties ', density: 0.3' > measured.yaml

# Headers and the first chunks come slowly, later ones stall for a while: so that some tensors are done when the signal comes.
fault() { python3 -c 'import sys, urllib.request; urllib.request.build_opener(urllib.request.ProxyHandler({})).open(urllib.request.Request(sys.argv[1] + "/_fake/faults", sys.argv[2].encode())).read()' "$HF_ENDPOINT" "$1"; }
slow='{"where": "cdn", "match": "^GET", "mode": "stall", "at": 500000, "seconds": 0.7, "after": 7}, {"where": "cdn", "match": "^GET", "mode": "drip", "chunk": 100000, "every": 0.01}'
broken='{"where": "cdn", "match": "^GET", "mode": "drop", "at": 700000, "after": 4, "times": 2}, '
breaks=''
run() { fault "[$breaks$slow]"; exec "${program[@]}" merge "$1.yaml" "$2" --stream --threads 2 --shard-size 1M --quiet 2> "$2.err"; }
made() { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum); }

declare -A expected most
for kind in elementwise measured; do
  start=$(date +%s%N)
  (run $kind "undisturbed-$kind") || { echo "$kind fails undisturbed: $(cat "undisturbed-$kind.err")"; exit 1; }
  most[$kind]=$(( ($(date +%s%N) - start) / 1000000 ))
  expected[$kind]=$(made "undisturbed-$kind")
done

kills=0 rounds=0 different=0 resumed=0
while [ "$kills" -lt "$wanted" ]; do
  kind=elementwise
  [ $((rounds % 2)) = 1 ] && kind=measured
  [ $((rounds % 3)) = 2 ] && breaks=$broken || breaks=
  rm -rf out
  for _ in 1 2 3 4 5; do
    run $kind out &
    merge=$!
    sleep "$(awk -v ms=$(( most[$kind] * (25 + RANDOM % 70) / 100 )) 'BEGIN { print ms / 1000 }')"
    kill -KILL "$merge" 2>/dev/null && kills=$((kills + 1))
    wait "$merge" 2>/dev/null
    [ -s out/mergehost.journal.partial ] && [ "$(wc -l < out/mergehost.journal.partial)" -gt 1 ] && resumed=$((resumed + 1))
    [ ! -e out/mergehost.json ] || break
  done
  if ! (run $kind out); then
    echo "round $rounds: $kind cannot be resumed: $(tail -3 out.err)"; different=$((different + 1))
  elif [ "$(made out)" != "${expected[$kind]}" ]; then
    echo "round $rounds: $kind made other bytes: $(diff <(echo "${expected[$kind]}") <(made out) | head -6)"; different=$((different + 1))
  fi
  [ -z "$(find home -name '*.safetensors' -o -name '*.incomplete' 2>/dev/null)" ] || { echo "round $rounds: weights were kept"; different=$((different + 1)); }
  rounds=$((rounds + 1))
done

echo "$kills kills in $rounds rounds of streaming merges, $resumed of them with tensors to go on with; $different differences"
[ "$different" -eq 0 ]
