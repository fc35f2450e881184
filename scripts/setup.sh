#!/usr/bin/env bash
# Sets up what `make run` and `make test` need: the system packages, the virtual environment, the Python packages.
#
# One line a step; everything else goes to out/setup.log. Harmless to run again: when nothing that it depends on has changed, it
# ends at once and says nothing. A run that was interrupted is repaired by the next.
#
#   PYTHON=python3.11     the interpreter (default: the one of an existing environment, else python3)
#   VENV=.venv            the environment's folder
#   EXTRAS=server,demo,dev
#   TEST_TOOLS=yes        also what some tests need and skip without: PostgreSQL, nginx, Caddy, shellcheck
#   SYSTEM_PACKAGES=skip  do not look at Debian packages at all
#   PIP_*                 reach pip as they are
#
# Exit codes follow sysexits.h: 69 something must be installed first, 70 a step failed (its output is shown).
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

VENV=${VENV:-.venv}
EXTRAS=${EXTRAS-server,demo,dev}
BOARD_FILE=${BOARD_FILE:-/proc/device-tree/model}
LOG=out/setup.log
READY=$VENV/.ready           # what it was made from; written last
UNFINISHED=$VENV/.unfinished # there while packages are being laid: an environment with it cannot be trusted
LOCATION=$VENV/.location     # scripts in an environment hold its path, so a moved one must be made anew

# Found by adding to a bare Debian 12 and 13 what was missing until both commands worked, and taking each away again
# (docs/operations.md has what happened).
NEEDED_PACKAGES=(libgl1 libegl1 libgles2 libgl1-mesa-dri         # Kivy's drawing, also off-screen
  libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-liberation fonts-dejavu-core) # PDF: what WeasyPrint loads, its letters
COMFORT_PACKAGES=(libmtdev1 espeak-ng xvfb xauth xdotool chromium poppler-utils) # touch; the voice; tests: buttons, pages, PDF
TEST_PACKAGES=(postgresql shellcheck nginx-light caddy)         # not on everybody's machine: a database server runs
BOARD_PACKAGES=(python3-picamera2 python3-lgpio)                 # Raspberry Pi: PyPI has no libcamera, and no lgpio for 3.13
# Compiled packages that must come as wheels: a build of any of them takes from ten minutes to hours on a Raspberry Pi.
WHEELS_ONLY=dlib,dlib-bin,kivy,numpy,opencv-python-headless,onnxruntime,onnx
MAY_FAIL='' # the step that, when it fails by itself, leaves the environment as it was

say() { printf 'setup: %s\n' "$*"; }

stop() { # stop CODE LINE...
  local code=$1 line
  shift
  for line; do
    if [[ $line == ' '* ]]; then echo "$line"; else say "$line"; fi # an indented line is for copying
  done >&2
  exit "$code"
}

# Run one step with its output in the log; on failure show the log's end.
step() { # step "what it is" COMMAND...
  local what=$1 began=$SECONDS
  shift
  printf '\n== %s: %s\n' "$what" "$*" >>"$LOG"
  if ! "$@" >>"$LOG" 2>&1 </dev/null; then
    tail -n 25 "$LOG" >&2
    if [[ $what == "$MAY_FAIL" ]]; then rm -f "$UNFINISHED"; fi
    stop 70 "$what failed; the last lines are above, all of it is in $LOG. The next run goes on from here."
  fi
  say "$what ($((SECONDS - began)) s)"
}

on_raspberry_pi() { [[ -r $BOARD_FILE ]] && grep -aq 'Raspberry Pi' "$BOARD_FILE"; }

has_package() { # some got a new name with Debian 13's 64-bit time: libmtdev1t64 is libmtdev1
  { dpkg-query -W -f '${db:Status-Status}\n' "$1" "$1t64" 2>/dev/null || true; } | grep -qx installed
}

may_become_root() { [[ $(id -u) == 0 ]] || sudo -n true 2>/dev/null; }

as_root() { if [[ $(id -u) == 0 ]]; then "$@"; else sudo -n "$@"; fi; }

apt_install() {
  local get=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=300)
  # The lists are fetched only when the first try fails: on a machine in use they are mostly fresh, on a new one they are empty.
  as_root "${get[@]}" install "$@" || { as_root "${get[@]}" update && as_root "${get[@]}" install "$@"; }
}

get_comfort() { # what can be had of these; an archive may lack one, and all others are still wanted
  local package
  if apt_install "$@" >>"$LOG" 2>&1 </dev/null; then
    say "system packages $*"
    return
  fi
  for package; do
    if apt_install "$package" >>"$LOG" 2>&1 </dev/null; then
      say "system package $package"
    else
      say "system package $package is not to be had; going on without it"
    fi
  done
}

python_version() { "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null; }

# What the environment was made from; when any of it changes it must be brought up to date.
fingerprint() {
  {
    printf '%s\n' "$EXTRAS" "$(python_version "$VENV/bin/python" || true)"
    cat setup.py pyproject.toml requirements/*.txt scripts/setup.sh
  } | sha256sum
}

python_wanted() { # the interpreter to make an environment with
  if [[ -n ${PYTHON:-} ]]; then printf '%s' "$PYTHON"; else printf 'python3'; fi
}

environment_fits() {
  local wanted
  [[ -x $VENV/bin/python && ! -e $UNFINISHED ]] || return 1
  [[ ! -r $LOCATION || $(<"$LOCATION") == "$(realpath "$VENV")" ]] || return 1
  wanted=$(python_version "$VENV/bin/python") || return 1 # the interpreter behind it is gone
  [[ -z ${PYTHON:-} ]] || [[ $(python_version "$PYTHON") == "$wanted" ]]
}

has_test_tools() {
  local package
  [[ ${TEST_TOOLS:-} == yes && ${SYSTEM_PACKAGES:-} != skip ]] || return 0
  for package in "${TEST_PACKAGES[@]}"; do has_package "$package" || return 1; done
}

is_ready() { environment_fits && has_test_tools && [[ -r $READY && $(<"$READY") == "$(fingerprint)" ]]; }

check_interpreter() {
  local python
  python=$(python_wanted)
  if ! command -v "$python" >/dev/null; then
    stop 69 "$python is not installed. On Debian or Raspberry Pi OS: sudo apt-get install python3 python3-venv"
  fi
  if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    stop 69 "$python is $(python_version "$python"); Python 3.11 or newer is needed. Name another one: make PYTHON=python3.11 …"
  fi
  if ! "$python" -c 'import struct, sys; sys.exit(struct.calcsize("P") != 8)'; then
    stop 69 "this is a 32-bit system: dlib and onnxruntime exist for 64 bit only. Install the 64-bit Raspberry Pi OS."
  fi
}

venv_package() { # the Debian package with the interpreter's venv module, or nothing when it has it
  local python
  python=$(python_wanted)
  "$python" -c 'import ensurepip, venv' 2>/dev/null && return
  if [[ $(basename "$python") == python3 ]]; then
    printf 'python3-venv'
  else
    "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2], end="")'
  fi
}

check_system() {
  local needed=() comfort=() wanted package venv
  [[ ${SYSTEM_PACKAGES:-} != skip ]] || return 0
  venv=$(venv_package)
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    [[ -z $venv ]] || stop 69 "this Python cannot make virtual environments (modules venv and ensurepip are missing): install them."
    say "not a Debian system: please see that OpenGL, EGL, Xvfb, xauth, xdotool, Chromium, libmtdev and espeak-ng are installed"
    return 0
  fi
  wanted=("${COMFORT_PACKAGES[@]}")
  if [[ ${TEST_TOOLS:-} == yes ]]; then wanted+=("${TEST_PACKAGES[@]}"); fi
  if on_raspberry_pi; then wanted+=("${BOARD_PACKAGES[@]}"); fi
  for package in "${NEEDED_PACKAGES[@]}" $venv; do has_package "$package" || needed+=("$package"); done
  for package in "${wanted[@]}"; do has_package "$package" || comfort+=("$package"); done
  ((${#needed[@]} + ${#comfort[@]})) || return 0
  if may_become_root; then
    if ((${#needed[@]})); then step "system packages ${needed[*]}" apt_install "${needed[@]}"; fi
    if ((${#comfort[@]})); then get_comfort "${comfort[@]}"; fi
  elif ((${#needed[@]})); then
    stop 69 "some system packages are missing and only root may install them. Run this, then the same command again:" \
      "    sudo apt-get install --no-install-recommends ${needed[*]} ${comfort[*]}"
  else
    say "going on without ${comfort[*]}; to have them: sudo apt-get install ${comfort[*]}"
  fi
}

make_environment() {
  local options=() python
  python=$(python_wanted)
  # A Pi's camera library exists only as a system package, so there the environment must see those.
  if on_raspberry_pi && has_package python3-picamera2; then options+=(--system-site-packages); fi
  if [[ -e $VENV && ! -e $VENV/pyvenv.cfg && ! -e $UNFINISHED ]]; then
    stop 69 "$VENV exists and is no virtual environment: name another folder with VENV=, or move it away."
  fi
  rm -rf "$VENV"
  mkdir -p "$VENV"
  : >"$UNFINISHED"
  step "virtual environment $VENV with Python $(python_version "$python")" "$python" -m venv ${options[@]+"${options[@]}"} "$VENV"
}

install_packages() {
  local pip=("$VENV/bin/python" -m pip install --no-input --progress-bar off --only-binary "$WHEELS_ONLY") from_system=()
  # Debian 12's simplejpeg was built for NumPy 1; next to the environment's NumPy 2 picamera2 needs one from PyPI.
  if grep -q 'include-system-site-packages = true' "$VENV/pyvenv.cfg"; then from_system=(simplejpeg); fi
  if [[ ! -e $UNFINISHED ]]; then MAY_FAIL="Python packages"; fi
  : >"$UNFINISHED"
  step "Python packages" "${pip[@]}" --editable ".${EXTRAS:+[$EXTRAS]}" ${from_system[@]+"${from_system[@]}"}
  # They ask for the source package `dlib`; dlib-bin, which is there by now, is the same library as a wheel.
  step "face_recognition and its models" "${pip[@]}" --no-deps --requirement requirements/face.txt
  step "first import of dlib and OpenCV" "$VENV/bin/python" -c 'import cv2, dlib, face_recognition_models'
}

main() {
  exec 9<scripts/setup.sh
  if ! flock --nonblock 9; then
    say "waiting for another set-up of this folder to end"
    flock 9
  fi
  if is_ready; then return 0; fi

  mkdir -p "$(dirname "$LOG")"
  : >"$LOG"
  check_interpreter
  check_system
  environment_fits || make_environment
  install_packages
  realpath "$VENV" >"$LOCATION"
  rm -f "$UNFINISHED"
  fingerprint >"$READY.new"
  mv "$READY.new" "$READY"
  say "ready after $SECONDS s"
}

trap 'exit 130' INT TERM # leaves the mark of an unfinished environment
main
