#!/bin/sh
# What a GPU reaches, in order of importance, as JSON: about four minutes on an H200, half of them the start of processes.
#   benchmarks/gpu.sh OUT.json                 # everything
#   benchmarks/gpu.sh OUT.json timings         # or: tests
#   DEVICE=cpu benchmarks/gpu.sh OUT.json      # sizes that mean nothing: whether the script runs
# Run it from the repository's root, with nothing else on the GPU. PYTHON names the interpreter; LIMIT, in seconds, the longest
# that a step may take. Every step runs, whatever became of those before it; the status is 1 if one of them failed.
set -u
out=${1:?give the JSON file to write}
part=${2:-all}
device=${DEVICE:-cuda}
python=${PYTHON:-python3}
limit=${LIMIT:-90}
export PYTHONPATH="$PWD/src${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1
failed=0

step() {
    name=$1
    shift
    "$python" benchmarks/recorded.py "$out" "$name" "$limit" "$@" || failed=1
}

timings() {
    if [ "$device" = cpu ]; then
        step "quick: speed" python benchmarks/speed.py --quick --only epochs
        step "quick: roofline" python benchmarks/roofline.py --quick
        return
    fi
    speed="python benchmarks/speed.py --device $device --only epochs"
    step "TAP against the yardstick" $speed --methods tap --batches 128 512 --steps 10 --repeats 2
    step "roofline and GPU busy, batches of 128" python benchmarks/roofline.py --device "$device" --batch 128 --seconds 2
    step "roofline and GPU busy, batches of 512" python benchmarks/roofline.py --device "$device" --batch 512 --seconds 2
    step "EM against the yardstick" $speed --methods em --batches 512 --steps 10 --repeats 2
    step "SEP against the yardstick" $speed --methods sep --batches 512 --steps 2 --repeats 2
}

tests() {
    step "tests" python -m pytest -p no:cacheprovider tests/test_gpu.py
}

rm -f "$out"
case $part in
    all) timings; tests ;;
    tests) tests ;;
    timings) timings ;;
    *) echo "there is no part '$part': give tests or timings" >&2; exit 2 ;;
esac
exit $failed
