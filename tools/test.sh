#!/bin/sh
# The test suite. What runs against the clock (plants, servers, supervisors) waits more than it works: three runners take
# one group of it after the other, the longest first, so that they end together; a fourth would only make each plant
# live longer, and cost what it gains. What only computes runs beside them in three groups, as gently as the system can. Each group's end is told at once; all that they have said is printed when
# all have ended.
# With arguments: pytest with those arguments.
# usage: test.sh PYTHON [pytest arguments]
set -u
python=$1
shift
# The suite starts hundreds of processes, and each would compile anew what it imports.
unset PYTHONDONTWRITEBYTECODE
# Half of what loading numpy costs is OpenBLAS' threads, and nothing here multiplies matrices.
export OPENBLAS_NUM_THREADS=1
if [ $# -gt 0 ]; then
    exec "$python" -m pytest -q "$@"
fi

supervisors=$(echo tests/runtime/test_supervisor*.py)
proving=""
judging=""
computing=""
rest=""
for place in tests/*/ tests/test_*.py; do
    case $place in
        tests/__pycache__/) ;;
        tests/demo/ | tests/foreign/ | tests/hmi/ | tests/interface/ | tests/runtime/ | tests/sim/) ;; # groups of their own
        tests/test_alarm_cli.py | tests/test_profile_cli.py | tests/test_remote.py) rest="$rest $place" ;; # they start a plant
        tests/mutants/ | tests/plc/ | tests/verify/) proving="$proving $place" ;;
        tests/bench/ | tests/core/ | tests/report/ | tests/scenarios/) computing="$computing $place" ;;
        tests/site/ | tests/wire/ | tests/*.py) judging="$judging $place" ;;
        *) rest="$rest $place" ;;
    esac
done

logs=$(mktemp -d)
OTHA_TESTS_KEPT=$(mktemp -d) # what all groups share, see tests/opcua_standard.py
export OTHA_TESTS_KEPT
# Each lane is a session of its own: its end is the end of all that it has begun. A background process of a shell takes
# no Ctrl-C, and a shell hears no TERM while it waits for a pipeline: so all lanes are waited for, and ended from here.
# Tests that interrupt a process find SIGINT as a terminal has it, not ignored as in the background.
lanes=""
lane="setsid env --default-signal=INT,QUIT"
trap 'for each in $lanes; do kill -s TERM -- "-$each" 2>/dev/null; done; rm -rf "$logs" "$OTHA_TESTS_KEPT"' EXIT
trap 'exit 130' HUP INT TERM

# One group: $1 is its name, the others are its places. Where sessions share the processors, a session is as gentle as its
# group is, whatever its processes are.
run='name=$1; shift
# What Qt'"'"'s plugin loads takes half a second, and asks for events around each test.
qt="-p no:pytest-qt"; [ "$name" != hmi ] || qt=""
[ "$(nice)" -lt 19 ] || { echo 19 >/proc/self/autogroup; } 2>/dev/null || :
"$python" -m pytest -q --durations=10 -p no:cacheprovider $qt "$@" >"$logs/$name" 2>&1
status=$?
echo "$name: $(tail -n 1 "$logs/$name")"
exit $status'
export python logs

for group in "proving $proving" "computing $computing" "judging $judging"; do
    nice -n 19 $lane sh -c "$run" run $group &
    lanes="$lanes $!"
done
{
    echo "rest $rest"
    echo "sim tests/sim/"
    echo "interface tests/interface/"
    echo "supervisor $supervisors"
    echo "opcua tests/runtime/opcua/"
    echo "hmi tests/hmi/"
    echo "foreign tests/foreign/"
    echo "runtime tests/runtime/ --ignore=tests/runtime/opcua/$(printf " --ignore=%s" $supervisors)"
    echo "demo tests/demo/"
} >"$logs/groups"
$lane xargs -P 3 -L 1 -a "$logs/groups" sh -c "$run" run &
lanes="$lanes $!"
status=0
for each in $lanes; do
    wait "$each" || status=1
done
lanes=""
rm "$logs/groups"

for log in "$logs"/*; do
    echo "== ${log##*/}"
    cat "$log"
done
exit "$status"
