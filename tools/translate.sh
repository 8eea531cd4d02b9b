#!/bin/sh
# Brings the HMI's texts into Qt Linguist's files and makes the .qm files from them.
# Translate with pyside6-linguist between two runs. Usage: translate.sh
set -eu
cd "$(dirname "$0")/.."
for language in de; do
    .venv/bin/pyside6-lupdate -silent -no-obsolete -locations none hmi/*.py hmi/pages/*.py \
        -ts "hmi/translations/hmi_$language.ts"
    .venv/bin/pyside6-lrelease -silent "hmi/translations/hmi_$language.ts" -qm "hmi/translations/hmi_$language.qm"
done
