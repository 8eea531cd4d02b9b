#!/bin/sh
# The test suite. What runs against the clock (plants, servers, supervisors) runs one by one; what only computes runs
# beside it, as gently as the system can, and is printed last. With arguments: pytest with those arguments.
# usage: test.sh PYTHON [pytest arguments]
set -u
python=$1
shift
if [ $# -gt 0 ]; then
    exec "$python" -m pytest -q "$@"
fi

computing=""
clocked=""
for place in tests/*/ tests/test_*.py; do
    case $place in
        tests/test_alarm_cli.py | tests/test_remote.py) clocked="$clocked $place" ;; # they start a plant
        tests/bench/ | tests/core/ | tests/plc/ | tests/report/ | tests/scenarios/ | tests/site/ | tests/verify/ | tests/wire/ | tests/*.py)
            computing="$computing $place" ;;
        tests/__pycache__/) ;;
        *) clocked="$clocked $place" ;;
    esac
done

log=$(mktemp)
trap 'rm -f "$log"' EXIT
nice -n 19 "$python" -m pytest -q --durations=12 -p no:cacheprovider $computing >"$log" 2>&1 &
beside=$!
status=0
"$python" -m pytest -q --durations=25 $clocked || status=$?
wait "$beside" || status=$?
cat "$log"
exit "$status"
