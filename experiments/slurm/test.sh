#!/usr/bin/env bash
# Spreads the tier smoke over a real Slurm of two nodes on this one machine, kills a task on the way, and compares what comes out with a
# run without Slurm. It needs Slurm and munge (Debian, Ubuntu: apt-get install slurm-wlm munge), root, and no Slurm of the machine's own is
# touched: everything lies in a temporary folder, with its own keys, ports and sockets.
#
#   experiments/slurm/test.sh [PROGRAM]      PROGRAM: dcgmm, as `make build` leaves it
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$(realpath "${1:-.cache/bin/dcgmm}")
say() { printf '== %s\n' "$*"; }
fail() { printf 'test-slurm: %s\n' "$*" >&2; exit 1; }
for need in slurmctld slurmd munged sbatch; do
  command -v "$need" >/dev/null || fail "$need is missing: apt-get install slurm-wlm munge"
done
[ "$(id -u)" = 0 ] || fail "Slurm's node daemons need root"

# In the folder of temporary files, as sockets must have short names.
work=$(mktemp -d "${TMPDIR:-/tmp}/slurm.XXXXXX")
chmod 755 "$work"
daemons=()
clean() {
  code=$?
  if [ "$code" != 0 ]; then
    tail -n 20 "$work"/log/*.log "$work"/run/logs/*.log 2>/dev/null || true
  fi
  for pid in "${daemons[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
  exit "$code"
}
trap clean EXIT

mkdir -p "$work"/{log,state,spool1,spool2,run}
host=$(hostname -s)
munge=(munged --foreground --key-file "$work/munge/key" --socket "$work/munge/socket" --pid-file "$work/munge/pid" --log-file "$work/munge/log" --seed-file "$work/munge/seed")
install -d -o munge -g munge -m 711 "$work/munge"
head -c 1024 /dev/urandom >"$work/munge/key"
chown munge: "$work/munge/key"; chmod 400 "$work/munge/key"
base=$((20000 + $$ % 20000))
cat >"$work/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host
SlurmUser=root
SlurmctldPort=$base
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CredType=cred/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool%n
SlurmctldPidFile=$work/ctld.pid
SlurmdPidFile=$work/slurmd-%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=30
MinJobAge=300
JobRequeue=1
SlurmctldDebug=info
NodeName=n[1-2] NodeHostname=$host Port=[$((base + 1))-$((base + 2))] CPUs=1 State=UNKNOWN
PartitionName=all Nodes=n[1-2] Default=YES MaxTime=INFINITE State=UP
CONF
mv "$work/spool1" "$work/spooln1"; mv "$work/spool2" "$work/spooln2"
export SLURM_CONF=$work/slurm.conf

say "starting munged, slurmctld and two slurmd"
setpriv --reuid munge --regid munge --clear-groups "${munge[@]}" >"$work/log/munged.log" 2>&1 & daemons+=($!)
for _ in $(seq 50); do [ -S "$work/munge/socket" ] && break; sleep 0.1; done
slurmctld -D -f "$SLURM_CONF" >"$work/log/slurmctld.log" 2>&1 & daemons+=($!)
for n in n1 n2; do
  slurmd -D -N "$n" -f "$SLURM_CONF" >"$work/log/slurmd-$n.log" 2>&1 & daemons+=($!)
done
for _ in $(seq 60); do
  [ "$(sinfo -h -N -o %T 2>/dev/null | grep -c idle)" = 2 ] && break
  sleep 0.5
done
[ "$(sinfo -h -N -o %T | grep -c idle)" = 2 ] || fail "the two nodes do not come up"

say "the tier smoke as an array job of four tasks over two nodes"
"$program" slurm --tier smoke --shards 4 --cores 1 --minutes 5 --folder "$work/run" --results "$work/spread" --program "$program" --offline >"$work/submit.sh"
submitted=$(bash "$work/submit.sh")
echo "$submitted"
array=$(sed 's/array \([0-9]*\),.*/\1/' <<<"$submitted")
merge=$(sed 's/.*merge \([0-9]*\);.*/\1/' <<<"$submitted")

state() { scontrol show job "$1" 2>/dev/null | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p' | head -1; }
say "stopping task 1 with SIGTERM as soon as it has a cell"
for _ in $(seq 600); do
  ls "$work"/run/shard-1/cells/*.json >/dev/null 2>&1 && break
  sleep 0.05
done
timeout 10 scancel --batch --signal=TERM "${array}_1" 2>/dev/null || true # it asks again and again of a task that is in the queue already
for _ in $(seq 600); do
  restarts=$(scontrol show job "${array}_1" | sed -n 's/.*Restarts=\([0-9]*\).*/\1/p' | head -1)
  [ "${restarts:-0}" -ge 1 ] && break
  sleep 0.1
done
[ "${restarts:-0}" -ge 1 ] || fail "task 1 was not put into the queue again"
grep -q 'finished cells and the training under way are kept' "$work/run/logs/${array}-1.log" || fail "task 1 did not say what it kept"
scontrol release "${array}_1" 2>/dev/null || true
scontrol update JobId="${array}_1" StartTime=now 2>/dev/null || true # a requeued job waits two minutes otherwise

say "waiting for the merge"
for i in $(seq 600); do
  case "$(state "$merge")" in COMPLETED) break ;; FAILED | CANCELLED | TIMEOUT | NODE_FAIL) fail "merge job: $(state "$merge")" ;; esac
  [ "$((i % 30))" = 0 ] && squeue
  sleep 1
done
[ "$(state "$merge")" = COMPLETED ] || fail "the merge does not end: $(state "$merge")"
nodes=$(scontrol show job "$array" | sed -n 's/ *BatchHost=\(.*\)/\1/p' | sort -u | tr '\n' ' ')
echo "tasks ran on $nodes, task 1 was started $((restarts + 1)) times"
[ "$(wc -w <<<"$nodes")" = 2 ] || fail "the tasks did not use both nodes"

say "the same without Slurm"
"$program" reproduce --tier smoke --offline --cache "$work/alone-cache" --results "$work/alone" 2>/dev/null
"$program" diff "$work/alone/smoke" "$work/spread/smoke" || fail "values moved"
# To the byte, but for measured times and memory, the page that shows them, and the manifest.
diff -rq --exclude 'T1-*' --exclude report.html --exclude manifest.json --exclude .lock "$work/alone/smoke" "$work/spread/smoke" || fail "files differ"
say "equal"
