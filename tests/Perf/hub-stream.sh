#!/usr/bin/env bash
# Measures a merge that reads models of a hub by ranges: over a network with 50 ms of latency and a bandwidth that all requests share, how many
# bytes come, when the first of the output are written, and how long it takes beside a merge of the same files on this machine.
#
#   tests/Perf/hub-stream.sh [MEGABYTES EACH] [BYTES A SECOND] [MS OF LATENCY]      three models of 64 MB, 20,000,000 and 50 by default
#
# The hub and the network are tests/FakeHub. MERGEHOST is the command to run, HUB that of the hub. Python 3 makes the models.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
read -ra program <<< "${MERGEHOST:-dotnet $root/src/MergeHost.Cli/bin/Release/net10.0/MergeHost.Cli.dll}"
read -ra server <<< "${HUB:-dotnet $root/tests/FakeHub/bin/Release/net10.0/MergeHost.FakeHub.dll}"
megabytes=${1:-64} rate=${2:-20000000} latency=${3:-50}
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT
cd "$work"

# Three models of two shards; numbers between 0.008 and 0.03.
python3 - "$megabytes" <<'PY'
import json, os, sys
rows = int(sys.argv[1]) * 1_000_000 // (8 * 2 * 1024)
for name in ("base", "one", "two"):
    folder = f"perf/{name}"
    os.makedirs(folder)
    weight_map = {}
    for shard in range(2):
        file = f"model-0000{shard + 1}-of-00002.safetensors"
        names = [f"model.layers.{shard * 4 + i}.mlp.up_proj.weight" for i in range(4)]
        size = rows * 1024 * 2
        header = json.dumps({n: {"dtype": "BF16", "shape": [rows, 1024], "data_offsets": [i * size, (i + 1) * size]} for i, n in enumerate(names)}).encode()
        with open(f"{folder}/{file}", "wb") as out:
            out.write(len(header).to_bytes(8, "little") + header)
            for _ in names:
                data = bytearray(b"\x3c") * size
                data[0::2] = os.urandom(size // 2)
                out.write(data)
        weight_map.update({n: file for n in names})
    json.dump({"metadata": {}, "weight_map": weight_map}, open(f"{folder}/model.safetensors.index.json", "w"))
    json.dump({"model_type": "llama", "num_hidden_layers": 8}, open(f"{folder}/config.json", "w"))
PY
recipe() { printf 'merge_method: linear\nmodels:\n- {model: %s/base, parameters: {weight: 0.5}}\n- {model: %s/one, parameters: {weight: 0.3}}\n- {model: %s/two, parameters: {weight: 0.2}}\n' "$1" "$1" "$1"; }
recipe hf:perf > far.yaml
recipe "$work/perf" > near.yaml
seconds() { awk -v a="$1" -v b="$(date +%s%N)" 'BEGIN { printf "%.1f", (b - a) / 1e9 }'; }

# The same files on this machine, for the comparison.
start=$(date +%s%N); "${program[@]}" merge near.yaml near --quiet; near=$(seconds "$start")

mkdir served; ln -s "$work/perf" served/perf
coproc HUBS { "${server[@]}" "$work/served" "$latency" "$rate"; }
read -r -u "${HUBS[0]}" HF_ENDPOINT
export HF_ENDPOINT HF_HOME=$work/home HF_HUB_OFFLINE=0
start=$(date +%s%N)
"${program[@]}" merge far.yaml far --stream --quiet &
merge=$!
first=none
while kill -0 "$merge" 2>/dev/null; do
  # A file is made at its full length; what was written takes room.
  if [ "$first" = none ] && [ "$(du -cB1 far/*.safetensors.partial 2>/dev/null | tail -1 | cut -f1)" -gt 8192 ] 2>/dev/null; then first=$(seconds "$start"); fi
  sleep 0.05
done
wait "$merge"; far=$(seconds "$start")
echo >&"${HUBS[1]}"; read -r -u "${HUBS[0]}" requests fetched
for file in near/*.safetensors; do cmp "$file" "far/$(basename "$file")"; done
needed=$(cat perf/*/*.safetensors | wc -c)
awk -v n="$needed" -v f="$fetched" -v r="$requests" -v first="$first" -v far="$far" -v near="$near" -v rate="$rate" -v kept="$(du -sb home 2>/dev/null | cut -f1)" 'BEGIN {
  ideal = n / rate; if (near > ideal) ideal = near
  printf "needed %d bytes, fetched %d (%.4f x) in %d requests, kept %d in the cache\n", n, f, f / n, r, kept
  printf "first bytes written after %s s; %.1f s in all; the link alone takes %.1f s, a merge of local files %.1f s: %.0f %% of the throughput\n", first, far, n / rate, near, 100 * ideal / far }'
