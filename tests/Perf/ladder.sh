#!/usr/bin/env bash
# Times merges by the published program against `cat` of their inputs plus a durable copy of their output, and plus `cp` of it; keeps the table of this
# machine's make of processor in results/.
#   tests/Perf/ladder.sh FOLDER [RUNS [LAYERS [CASE …]]]     FOLDER: where models are made, 20 GB with all 16 layers
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dotnet publish "$here/../../src/MergeHost.Cli" -c Release --use-current-runtime --self-contained false -o "$here/../../artifacts/ladder" -v q -nologo -clp:ErrorsOnly
dotnet build "$here" -c Release -v q -nologo -clp:ErrorsOnly
exec "$here"/bin/Release/net10.0/MergeHost.Perf ladder "$here/results" "$@"
