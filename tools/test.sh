#!/bin/sh
# The test suite in three parts at once. What runs against the clock (plants, servers, supervisors) waits most of its
# time, so that two such parts share two cores; what only computes runs beside them, as gently as the system can. Each
# part's output is printed whole, the one after the other. With arguments: pytest with those arguments.
# usage: test.sh PYTHON [pytest arguments]
set -u
python=$1
shift
if [ $# -gt 0 ]; then
    exec "$python" -m pytest -q "$@"
fi

computing="" plants="" services=""
for place in tests/*/ tests/test_*.py; do
    case $place in
        tests/__pycache__/) ;;
        tests/bench/ | tests/core/ | tests/report/ | tests/scenarios/ | tests/site/ | tests/verify/ | tests/wire/ | tests/*.py)
            computing="$computing $place" ;;
        tests/demo/ | tests/sim/ | tests/soak/) plants="$plants $place" ;;
        *) services="$services $place" ;;
    esac
done

logs=$(mktemp -d)
first="" second=""
trap 'rm -rf "$logs"' EXIT
trap 'kill $first $second 2>/dev/null; exit 130' INT TERM
nice -n 19 "$python" -m pytest -q -p no:cacheprovider $computing >"$logs/computing" 2>&1 &
first=$!
"$python" -m pytest -q -p no:cacheprovider $services >"$logs/services" 2>&1 &
second=$!
status=0
"$python" -m pytest -q $plants || status=$?
wait "$second" || status=$?
cat "$logs/services"
wait "$first" || status=$?
cat "$logs/computing"
exit "$status"
