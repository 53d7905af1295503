#!/usr/bin/env bash
# Starts a Slurm of one node in a folder of its own (Debian: slurmctld, slurmd, slurm-client, munge; root), and runs jobs of `mergehost slurm` on it:
# an array of 4 of which one task is killed and requeued, the job that finishes it, the same again, and a study in two parts. Compares every file with that of one run.
#
#   tests/Slurm/slurm.sh        the last line sums up; exit code 1 for a failure, 77 where there is no Slurm to test with.
#
# MERGEHOST is the command to run, by default the one that was built here.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
read -ra program <<< "${MERGEHOST:-dotnet $root/src/MergeHost.Cli/bin/Release/net10.0/MergeHost.Cli.dll}"
for needed in munged slurmctld slurmd sbatch; do
  command -v "$needed" > /dev/null || { echo "skipped: there is no $needed"; exit 77; }
done
[ "$(id -u)" = 0 ] || { echo "skipped: slurmd needs root"; exit 77; }

work=$(mktemp -d)
pids=()
stop() { kill "${pids[@]}" 2> /dev/null; wait 2> /dev/null; rm -rf "$work"; }
trap stop EXIT
failures=0
expect() { if ! "${@:2}"; then echo "FAILED: $1"; failures=$((failures + 1)); fi; }

cd "$work" || exit 1
mkdir munge state spool
head -c 1024 /dev/urandom > munge/key
chmod 700 munge
chmod 600 munge/key
munged --foreground --force --key-file="$work/munge/key" --socket="$work/munge/socket" --pid-file="$work/munge/pid" --seed-file="$work/munge/seed" --log-file="$work/munge/log" &
pids+=($!)
host=$(hostname -s)
port=$((20000 + RANDOM % 20000))
cat > slurm.conf <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
AuthInfo=socket=$work/munge/socket,cred_expire=5
SlurmUser=root
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
ReturnToService=2
MpiDefault=none
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=0
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 RealMemory=4000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
export SLURM_CONF=$work/slurm.conf
sleep 1
slurmctld -D > slurmctld.out 2>&1 &
pids+=($!)
slurmd -D > slurmd.out 2>&1 &
pids+=($!)
for _ in $(seq 60); do sinfo -h -o %t 2> /dev/null | grep -q idle && break; sleep 0.5; done
sinfo -h -o %t 2> /dev/null | grep -q idle || { echo "FAILED: Slurm does not start"; tail -5 slurmctld.log slurmd.log; exit 1; }

idle() { for _ in $(seq 600); do [ -z "$(squeue -h 2>&1)" ] && return 0; sleep 0.5; done; squeue; return 1; }
models=$root/recipes/quickstart
printf 'merge_method: ties\nbase_model: %s/base\nmodels:\n- {model: %s/finance, parameters: {weight: 0.5, density: 0.3}}\n- {model: %s/math, parameters: {weight: 0.5, density: 0.3}}\nparameters: {trim_scope: model}\n' \
  "$models" "$models" "$models" > merge.yaml
"${program[@]}" merge merge.yaml one --shard-size 200K --quiet || exit 1

expect "slurm merge submits" "${program[@]}" slurm merge merge.yaml out --parts 4 --shard-size 200K --threads 1 --partition all --time 10:00 --submit > submitted
cat submitted
array=$(grep -o 'parts [0-9]*' submitted | grep -o '[0-9]*$')
killed=no
for _ in $(seq 3000); do
  pid=$(pgrep -f -- "--part 2/4" | head -1)
  if [ -n "$pid" ] && kill -KILL "$pid" 2> /dev/null; then
    killed=yes
    for _ in $(seq 100); do scontrol requeue "${array}_2" 2> /dev/null && break; sleep 0.1; done
    break
  fi
  sleep 0.02
done
expect "a task is killed and requeued" [ "$killed" = yes ]
"${program[@]}" slurm merge merge.yaml out --shard-size 200K --status --parts 4
expect "all jobs end" idle
expect "the output is that of one run" diff -r one out
expect "the status tells so" grep -q "output: finished" <("${program[@]}" slurm merge merge.yaml out --shard-size 200K --status)
expect "the same jobs may be submitted again" out.slurm/submit.sh
expect "all jobs end again" idle
expect "the output is still that of one run" diff -r one out
expect "done already" grep -q "already" out.slurm/finish.log

for i in 1 2 3 4 5 6; do echo "Revenue of the quarter rose by $i percent, and costs fell. Add $i and 4."; done > texts.txt
printf 'suite: texts\ntasks:\n- {name: finance, benchmark: perplexity, data: texts.txt, window: 32}\n- {name: mathematics, benchmark: perplexity, data: texts.txt, window: 16}\n' > suite.yaml
printf 'study: some\nsuite: suite.yaml\nbase_model: %s/base\nexperts:\n  F: {model: %s/finance, domain: [finance]}\n  M: {model: %s/math, domain: [mathematics]}\nmethods:\n  TA: {merge_method: task_arithmetic, parameters: {weight: 1, lambda: {from: 0.3, to: 0.6, step: 0.3}}}\nstages:\n- {name: one, merge: [FM], settings: all}\n' "$models" "$models" "$models" > study.yaml
"${program[@]}" sweep study.yaml --no-cache > one.txt 2> /dev/null || exit 1
expect "slurm sweep submits" "${program[@]}" slurm sweep study.yaml --parts 2 --cache "$work/cache" --time 10:00 --submit > /dev/null
expect "all jobs of the study end" idle
results() { find cache -type f | sort; }
before=$(results)
"${program[@]}" sweep study.yaml --cache "$work/cache" > again.txt 2> /dev/null
expect "the study is that of one run" diff one.txt again.txt
expect "its parts measured everything" [ "$before" = "$(results)" ]
expect "its last job compared them" grep -q "some: on the half" study.slurm/compare.log

[ "$failures" -eq 0 ] || tail -n 3 out.slurm/*.log study.slurm/*.log
echo "Slurm $(sinfo --version | cut -d' ' -f2): an array of 4 with a task killed and requeued, finished, submitted again; a study in 2 parts; $failures failures"
[ "$failures" -eq 0 ]
