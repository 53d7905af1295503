#!/usr/bin/env bash
# Times merges against `cat` of their inputs plus `cp` of their output, and keeps the table of this machine's make of processor in results/.
#   tests/Perf/ladder.sh FOLDER [RUNS [LAYERS [CASE …]]]     FOLDER: where models are made, 20 GB with all 16 layers
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dotnet build "$here" -c Release -v q -nologo -clp:ErrorsOnly
exec "$here"/bin/Release/net10.0/MergeHost.Perf ladder "$here/results" "$@"
