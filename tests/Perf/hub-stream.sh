#!/usr/bin/env bash
# Measures a merge that reads models of a hub by ranges: over a network with 50 ms of latency and a bandwidth that all requests share, how many
# bytes come, when the first of the output are written, and how long it takes beside a merge of the same files on this machine.
#
#   tests/Perf/hub-stream.sh [MEGABYTES EACH] [BYTES A SECOND]      three models of 64 MB and 20,000,000 by default
#
# The hub is tests/fixtures/hub/fakehub.py, the network shaped_proxy.py; both need Python 3. MERGEHOST is the command to run.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
read -ra program <<< "${MERGEHOST:-dotnet $root/src/MergeHost.Cli/bin/Release/net10.0/MergeHost.Cli.dll}"
megabytes=${1:-64}
rate=${2:-20000000}
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT
cd "$work"

# Three models of two shards; the tensors' numbers differ by seed.
python3 - "$megabytes" <<'PY'
import json, os, sys
rows = int(sys.argv[1]) * 1_000_000 // (8 * 2 * 1024)
for seed, name in enumerate(("base", "one", "two"), 1):
    folder = f"repos/models/perf/{name}"
    os.makedirs(f"{folder}/main")
    shards = {f"model-0000{s + 1}-of-00002.safetensors": {f"model.layers.{s * 4 + i}.mlp.up_proj.weight": [rows, 1024] for i in range(4)} for s in range(2)}
    index = {"metadata": {}, "weight_map": {t: f for f, tensors in shards.items() for t in tensors}}
    json.dump(index, open(f"{folder}/main/model.safetensors.index.json", "w"))
    json.dump({"model_type": "llama", "num_hidden_layers": 8}, open(f"{folder}/main/config.json", "w"))
    generate = {f: {"seed": seed, "dtype": "BF16", "tensors": tensors} for f, tensors in shards.items()}
    json.dump({"commits": [{"folder": "main", "generate": generate}], "refs": {"main": 0}}, open(f"{folder}/repo.json", "w"))
PY
recipe() { printf 'merge_method: linear\nmodels:\n- {model: %s/base, parameters: {weight: 0.5}}\n- {model: %s/one, parameters: {weight: 0.3}}\n- {model: %s/two, parameters: {weight: 0.2}}\n' "$1" "$1" "$1"; }
recipe hf:perf > far.yaml

python3 "$root/tests/fixtures/hub/fakehub.py" --root repos --ready ready > hub.log &
python3 "$root/tests/Perf/shaped_proxy.py" --delay 0.025 --rate "$rate" > proxy &
until [ -s ready ] && [ -s proxy ]; do sleep 0.1; done
hub=$(python3 -c 'import json; print(json.load(open("ready"))["hub"])')
stat() { python3 -c 'import json, sys, urllib.request; s = json.load(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sys.argv[1] + "/_fake/stats")); print(s[sys.argv[2]]["cdn"])' "$hub" "$1"; }
seconds() { awk -v a="$1" -v b="$(date +%s%N)" 'BEGIN { printf "%.1f", (b - a) / 1e9 }'; }
export HF_ENDPOINT=$hub HF_HOME=$work/home

# The same files on this machine, for the comparison.
HF_HOME=$work/copies "${program[@]}" download hf:perf/base --quiet >/dev/null
for model in base one two; do HF_HOME=$work/copies "${program[@]}" download "hf:perf/$model" --quiet > "$model.path"; mkdir -p local; ln -s "$(cat "$model.path")" "local/$model"; done
recipe "$work/local" > near.yaml
start=$(date +%s%N); "${program[@]}" merge near.yaml near --quiet; near=$(seconds "$start")

needed=$(find -L local -name '*.safetensors' -printf '%s\n' | awk '{ s += $1 } END { print s }')

before=$(stat bytes); asked=$(stat requests)
start=$(date +%s%N)
HTTP_PROXY=$(cat proxy) "${program[@]}" merge far.yaml far --stream --quiet &
merge=$!
first=none
while kill -0 "$merge" 2>/dev/null; do
  # A file is made at its full length; what was written takes room.
  if [ "$first" = none ] && [ "$(du -cB1 far/*.safetensors.partial 2>/dev/null | tail -1 | cut -f1)" -gt 8192 ] 2>/dev/null; then first=$(seconds "$start"); fi
  sleep 0.05
done
wait "$merge"; far=$(seconds "$start")
fetched=$(( $(stat bytes) - before )); requests=$(( $(stat requests) - asked ))
for file in near/*.safetensors; do cmp "$file" "far/$(basename "$file")"; done
awk -v n="$needed" -v f="$fetched" -v r="$requests" -v first="$first" -v far="$far" -v near="$near" -v rate="$rate" -v kept="$(du -sb home 2>/dev/null | cut -f1)" 'BEGIN {
  ideal = n / rate; if (near > ideal) ideal = near
  printf "needed %d bytes, fetched %d (%.4f x) in %d requests, kept %d in the cache\n", n, f, f / n, r, kept
  printf "first bytes written after %s s; %.1f s in all; the link alone takes %.1f s, a merge of local files %.1f s: %.0f %% of the throughput\n", first, far, n / rate, near, 100 * ideal / far }'
