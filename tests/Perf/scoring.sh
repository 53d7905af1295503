#!/usr/bin/env bash
# How many tokens of a text are scored a second: the difference of two runs of `evaluate`, of 4 and of 20 windows of 256 tokens, so that loading does not count.
#   tests/Perf/scoring.sh PROGRAM MODEL TEXT [PRECISION]
# PROGRAM is a published mergehost. Beside it, on the same cores: llama-bench -m MODEL.gguf -p 256 -n 0 -t CORES (it computes no logits but the last).
set -euo pipefail
program=$1 model=$2 text=$(realpath "$3") precision=${4:-float32} folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
seconds() {
  echo "tasks: [{name: text, benchmark: perplexity, data: $text, window: 256, limit: $1, precision: $precision}]" > "$folder/suite.yaml"
  local start=$EPOCHREALTIME
  "$program" evaluate "$model" --suite "$folder/suite.yaml" --no-cache --quiet > /dev/null
  echo "$start $EPOCHREALTIME" | awk '{print $2 - $1}'
}
few=$(seconds 4) many=$(seconds 20)
awk -v few="$few" -v many="$many" -v precision="$precision" 'BEGIN { printf "%s: %.0f tokens/s (%.1f s for 4 windows, %.1f s for 20)\n", precision, 16 * 256 / (many - few), few, many }'
