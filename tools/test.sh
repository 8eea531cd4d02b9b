#!/bin/sh
# The test suite. What runs against the clock (plants, servers, supervisors) waits more than it works: four runners take
# one group of it after the other, the longest first, so that they end together. What only computes runs beside them, as
# gently as the system can. Each group's end is told at once; all that they have said is printed when all have ended.
# With arguments: pytest with those arguments.
# usage: test.sh PYTHON [pytest arguments]
set -u
python=$1
shift
# The suite starts hundreds of processes, and each would compile anew what it imports.
unset PYTHONDONTWRITEBYTECODE
if [ $# -gt 0 ]; then
    exec "$python" -m pytest -q "$@"
fi

# Each of the longest is a group, by length.
alone="tests/runtime/ tests/hmi/ tests/sim/ tests/interface/ tests/demo/ tests/foreign/ tests/runtime/opcua/"
proving=""
computing=""
rest=""
for place in tests/*/ tests/test_*.py; do
    case $place in
        tests/__pycache__/) ;;
        tests/test_alarm_cli.py | tests/test_profile_cli.py | tests/test_remote.py) rest="$rest $place" ;; # they start a plant
        tests/mutants/ | tests/plc/ | tests/verify/) proving="$proving $place" ;;
        tests/bench/ | tests/core/ | tests/report/ | tests/scenarios/ | tests/site/ | tests/wire/ | tests/*.py)
            computing="$computing $place" ;;
        *) case " $alone " in *" $place "*) ;; *) rest="$rest $place" ;; esac ;;
    esac
done

logs=$(mktemp -d)
beside=""
trap 'kill $beside 2>/dev/null; rm -rf "$logs"' EXIT
trap 'exit 130' INT TERM

# One group: $1 is its name, the others are its places.
run='name=$1; shift
trap "kill \$runner" TERM
"$python" -m pytest -q --durations=10 -p no:cacheprovider "$@" >"$logs/$name" 2>&1 &
runner=$!
wait "$runner"
status=$?
echo "$name: $(tail -n 1 "$logs/$name")"
exit $status'
export python logs

nice -n 19 sh -c "$run" run computing $computing &
beside=$!
nice -n 19 sh -c "$run" run proving $proving &
beside="$beside $!"
status=0
{
    for place in $alone; do
        case $place in
            tests/runtime/) echo "runtime $place --ignore=tests/runtime/opcua/" ;;
            tests/runtime/opcua/) echo "opcua $place" ;;
            *) echo "$(basename "$place") $place" ;;
        esac
        test "$place" != tests/hmi/ || echo "rest $rest"
    done
} | xargs -P 4 -L 1 sh -c "$run" run || status=1
for each in $beside; do
    wait "$each" || status=1
done

for log in "$logs"/*; do
    echo "== ${log##*/}"
    cat "$log"
done
exit "$status"
