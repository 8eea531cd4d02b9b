#!/bin/sh
# The test suite, in three lanes beside each other. What runs against the clock (plants, servers, supervisors) waits more
# than it works and fills two lanes; what only computes runs beside them, as gently as the system can. Each lane is
# printed whole when it has ended. With arguments: pytest with those arguments.
# usage: test.sh PYTHON [pytest arguments]
set -u
python=$1
shift
if [ $# -gt 0 ]; then
    exec "$python" -m pytest -q "$@"
fi

computing=""
first=""
second=""
for place in tests/*/ tests/test_*.py; do
    case $place in
        tests/test_alarm_cli.py | tests/test_profile_cli.py | tests/test_remote.py) second="$second $place" ;; # they start a plant
        tests/bench/ | tests/core/ | tests/plc/ | tests/report/ | tests/scenarios/ | tests/site/ | tests/verify/ | tests/wire/ | tests/*.py)
            computing="$computing $place" ;;
        tests/__pycache__/) ;;
        tests/runtime/ | tests/journal/ | tests/sim/) first="$first $place" ;;
        *) second="$second $place" ;;
    esac
done

logs=$(mktemp -d)
beside=""
other=""
trap 'kill $beside $other 2>/dev/null; rm -rf "$logs"' EXIT
trap 'exit 130' INT TERM
nice -n 19 "$python" -m pytest -q --durations=12 -p no:cacheprovider $computing >"$logs/computing" 2>&1 &
beside=$!
"$python" -m pytest -q --durations=15 -p no:cacheprovider $first >"$logs/first" 2>&1 &
other=$!
status=0
"$python" -m pytest -q --durations=15 $second || status=$?
wait "$other" || status=$?
cat "$logs/first"
wait "$beside" || status=$?
cat "$logs/computing"
exit "$status"
