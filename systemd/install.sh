#!/usr/bin/env bash
# Installs Presensi on Debian or Raspberry Pi OS, from this checkout. Run it again to upgrade or to repair.
#
#   sudo systemd/install.sh [--role terminal|server]   install or upgrade (default: terminal)
#   sudo systemd/install.sh --rollback                 go back to the release before
#   sudo systemd/install.sh --uninstall [--purge]      remove; state and settings stay unless --purge
#   options: --no-start (do not start the units), --python PATH (default: python3)
#
# A release is built beside the running one and put in place by one rename, so that a power cut or a failed download leaves the
# terminal as it was. Exit codes: 64 a wrong option, 69 something is missing, 70 a step failed, 77 not root, 78 unsent events.
set -euo pipefail

SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
OPT=/opt/presensi
RELEASES=$OPT/releases
CURRENT=$OPT/venv
SETTINGS=/etc/presensi
UNITS=/etc/systemd/system
STATE=/var/lib/presensi
LOG=/var/log/presensi-install.log
BOARD_FILE=/proc/device-tree/model
MARK='# Written by systemd/install.sh of Presensi.'

TERMINAL_PACKAGES=(python3-venv libgl1 libegl1 libgles2 libgl1-mesa-dri libgbm1 libdrm2 libmtdev1 espeak-ng)
SERVER_PACKAGES=(python3-venv libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-liberation fonts-dejavu-core) # for PDF
BOARD_PACKAGES=(python3-picamera2 python3-lgpio)
RULES=/etc/udev/rules.d
RULE=70-presensi-backlight.rules
UNIT_FILES=(kiosk.service kiosk-sync.service etpp.service etpp-cohort.timer etpp-cohort.service)
DEVICE_GROUPS=(video render input gpio audio)
# As in scripts/setup.sh: never build one of these on the machine.
WHEELS_ONLY=dlib,dlib-bin,kivy,numpy,opencv-python-headless,onnxruntime,onnx

role=terminal action=install start=yes purge=no python=python3

say() { printf 'install: %s\n' "$*"; }

stop() { # stop CODE LINE...
  local code=$1
  shift
  printf 'install: %s\n' "$@" >&2
  exit "$code"
}

step() { # step "what it is" COMMAND...
  local what=$1 began=$SECONDS
  shift
  printf '\n== %s: %s\n' "$what" "$*" >>"$LOG"
  if ! "$@" >>"$LOG" 2>&1 </dev/null; then
    tail -n 25 "$LOG" >&2
    stop 70 "$what failed; the last lines are above, all of it is in $LOG. What ran before is untouched; run this again."
  fi
  say "$what ($((SECONDS - began)) s)"
}

read_options() {
  while (($#)); do
    case $1 in
      --role)
        role=${2-}
        shift
        [[ $role == terminal || $role == server ]] || stop 64 "--role must be terminal or server"
        ;;
      --python)
        python=${2-}
        shift
        [[ -n $python ]] || stop 64 "--python needs a path"
        ;;
      --uninstall) action=uninstall ;;
      --rollback) action=rollback ;;
      --purge) purge=yes ;;
      --no-start) start=no ;;
      -h | --help)
        sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
        exit 0
        ;;
      *) stop 64 "unknown option $1; --help lists them" ;;
    esac
    shift
  done
  [[ $purge == no || $action == uninstall ]] || stop 64 "--purge only goes with --uninstall"
}

on_raspberry_pi() { [[ -r $BOARD_FILE ]] && grep -aq 'Raspberry Pi' "$BOARD_FILE"; }

booted() { [[ -d /run/systemd/system ]]; } # false in a chroot or when an image is prepared

has_package() { # some got a new name with Debian 13's 64-bit time: libmtdev1t64 is libmtdev1
  { dpkg-query -W -f '${db:Status-Status}\n' "$1" "$1t64" 2>/dev/null || true; } | grep -qx installed
}

has_role() { [[ $role == "$1" || -e $UNITS/$(role_unit "$1") ]]; } # a machine may be both

role_unit() { if [[ $1 == server ]]; then echo etpp.service; else echo kiosk.service; fi; }

units() { # what starts at boot, of the roles this machine has or gets
  if has_role terminal; then echo kiosk.service kiosk-sync.service; fi
  if has_role server; then echo etpp.service etpp-cohort.timer; fi
}

unit_files() { # and what those start
  units
  if has_role server; then echo etpp-cohort.service; fi
}

apt_install() {
  local get=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=300)
  "${get[@]}" install "$@" || { "${get[@]}" update && "${get[@]}" install "$@"; }
}

# ---------------------------------------------------------------- install

install_system_packages() {
  local wanted=() missing=() package
  if has_role terminal; then wanted+=("${TERMINAL_PACKAGES[@]}"); fi
  if has_role server; then wanted+=("${SERVER_PACKAGES[@]}"); fi
  if has_role terminal && on_raspberry_pi; then wanted+=("${BOARD_PACKAGES[@]}"); fi
  for package in "${wanted[@]}"; do
    has_package "$package" || missing+=("$package")
  done
  if ((${#missing[@]})); then step "system packages ${missing[*]}" apt_install "${missing[@]}"; fi
}

make_user() { # make_user NAME HOME
  if ! getent passwd "$1" >/dev/null; then
    step "user $1" useradd --system --user-group --home-dir "$2" --no-create-home --shell /usr/sbin/nologin "$1"
  fi
}

make_users() {
  local group
  if has_role terminal; then
    make_user presensi "$STATE"
    for group in "${DEVICE_GROUPS[@]}"; do
      # The unit names them all, so those that only Raspberry Pi OS has must exist.
      getent group "$group" >/dev/null || groupadd --system "$group"
      usermod --append --groups "$group" presensi
    done
  fi
  if has_role server; then make_user etpp /var/lib/etpp; fi
}

build_release() { # into $release, which is removed again if anything fails
  local options=() extras='' copy
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || stop 69 "$python is too old: Python 3.11 or newer is needed"
  if has_role terminal && on_raspberry_pi && has_package python3-picamera2; then options+=(--system-site-packages); fi
  if has_role server; then extras='[server]'; fi

  release=$RELEASES/$(date --utc +%Y%m%dT%H%M%SZ)
  install -d -m 0755 "$RELEASES"
  trap 'rm -rf "$release" ${copy:+"$copy"}' EXIT
  # pip writes into the folder that it builds from; the checkout belongs to someone else.
  copy=$(mktemp -d)
  tar -C "$SOURCE" --exclude=./.git --exclude='./.venv*' --exclude=./out --exclude=./build --exclude='*.egg-info' -cf - . | tar -C "$copy" -xf -

  umask 022
  step "virtual environment" "$python" -m venv ${options[@]+"${options[@]}"} "$release"
  local pip=("$release/bin/python" -m pip install --no-input --progress-bar off --only-binary "$WHEELS_ONLY") also=()
  if ((${#options[@]})) && "$release/bin/python" -c 'import sys; sys.exit(sys.version_info >= (3, 12))'; then
    also=(simplejpeg) # Debian 12's was built for NumPy 1
  fi
  step "Presensi and what it needs" "${pip[@]}" "$copy$extras" ${also[@]+"${also[@]}"}
  step "face_recognition and its models" "${pip[@]}" --no-deps --requirement "$SOURCE/requirements/face.txt"
  step "first start" env HOME="$copy" KIVY_NO_FILELOG=1 KIVY_NO_CONSOLELOG=1 "$release/bin/kiosk" --version
  install -d -m 0755 "$release/share/presensi"
  cp -r "$SOURCE/docs" "$SOURCE/systemd" "$release/share/presensi/"
  rm -rf "$copy"
  copy=''
  sync -f "$release" # all of it is on the disk before the rename makes it count
  trap - EXIT
}

switch_to() { # switch_to RELEASE
  if [[ -L $CURRENT && $(readlink "$CURRENT") != "$1" ]]; then
    ln -sfn "$(readlink "$CURRENT")" "$OPT/previous.new"
    mv -T "$OPT/previous.new" "$OPT/previous"
  fi
  ln -sfn "$1" "$CURRENT.new"
  mv -T "$CURRENT.new" "$CURRENT"
  ln -sfn "$CURRENT/share/presensi/docs" "$OPT/docs"
  sync -f "$OPT"
}

remove_old_releases() {
  local folder
  for folder in "$RELEASES"/*/; do
    folder=${folder%/}
    [[ $folder == "$(readlink -f "$CURRENT")" || $folder == "$(readlink -f "$OPT/previous" || true)" ]] || rm -rf "$folder"
  done
}

install_settings() {
  install -d -m 0755 "$SETTINGS"
  if has_role terminal && [[ ! -e $SETTINGS/kiosk.toml ]]; then
    install -m 0644 "$SOURCE/systemd/kiosk.toml" "$SETTINGS/kiosk.toml"
    say "settings in $SETTINGS/kiosk.toml"
  fi
  if has_role server && [[ ! -e $SETTINGS/etpp.env ]]; then
    install -m 0600 "$SOURCE/systemd/etpp.env" "$SETTINGS/etpp.env"
    say "settings in $SETTINGS/etpp.env"
  fi
}

install_wrappers() { # commands in the PATH, run as the service's user: a file of root's in the state folder would stop the terminal
  if has_role terminal; then
    wrapper kiosk presensi
    wrapper enroll presensi
  fi
  if has_role server; then wrapper etpp etpp; fi
}

wrapper() { # wrapper COMMAND USER
  local path=/usr/local/bin/$1
  if [[ -e $path ]] && ! grep -qF "$MARK" "$path"; then
    say "$path is not ours and stays as it is"
    return
  fi
  cat >"$path.new" <<WRAPPER
#!/bin/sh
$MARK
keys=/etc/credstore.encrypted
if [ "\$(id -u)" = 0 ]; then
  if [ $1 = etpp ]; then # with the server's database; the file has systemd's syntax, not a shell's
    db=\$(sed -n 's/^ETPP_DB=//p' $SETTINGS/etpp.env 2>/dev/null | tail -n 1 | tr -d "\"'")
    if [ -n "\$db" ]; then export ETPP_DB="\$db"; fi
  fi
  if [ -e \$keys/presensi-storage-key ] || [ -e \$keys/presensi-device-key ]; then
    # Only systemd can open them.
    systemd-run --quiet --collect --wait --pipe --same-dir --uid=$2 --setenv=HOME=/var/lib/$2 --setenv=KIVY_NO_FILELOG=1 \\
      \${ETPP_DB:+--setenv=ETPP_DB} \\
      --property=LoadCredentialEncrypted=presensi-storage-key --property=LoadCredentialEncrypted=presensi-device-key \\
      $CURRENT/bin/$1 "\$@" || exit
  else
    setpriv --reuid=$2 --regid=$2 --init-groups env HOME=/var/lib/$2 KIVY_NO_FILELOG=1 $CURRENT/bin/$1 "\$@" || exit
  fi
  if [ "$1 \$1" = "kiosk provision" ] && [ -d /run/systemd/system ]; then
    exec systemctl restart kiosk.service kiosk-sync.service # with the identity that they have now
  fi
  exit 0
elif [ "\$(id -un)" = $2 ]; then
  exec $CURRENT/bin/$1 "\$@"
fi
exec sudo -- "\$0" "\$@"
WRAPPER
  chmod 0755 "$path.new"
  mv "$path.new" "$path"
}

install_units() {
  local unit
  for unit in $(unit_files); do
    install -m 0644 "$SOURCE/systemd/$unit" "$UNITS/$unit"
  done
  if has_role terminal; then
    install -d -m 0755 "$RULES"
    install -m 0644 "$SOURCE/systemd/$RULE" "$RULES/$RULE"
    if booted && command -v udevadm >/dev/null; then # the panel is there already; without it the screen is drawn black
      { udevadm control --reload && udevadm trigger --action=add --subsystem-match=backlight; } >>"$LOG" 2>&1 || say "the panel's light is dimmed after the next start"
    fi
  fi
  if booted; then systemctl daemon-reload; fi
  # shellcheck disable=SC2046 # one word a unit
  step "units $(units)" systemctl enable $(units)
}

start_units() {
  local unit
  booted || return 0
  if [[ $start == no ]]; then return 0; fi
  for unit in $(units); do
    if systemctl restart "$unit" >>"$LOG" 2>&1; then
      say "$unit started"
    else
      say "$unit did not start; why: journalctl --unit $unit --lines 30"
    fi
  done
}

say_what_next() {
  if has_role terminal; then
    say "next: kiosk provision CODE --server URL   (the code is in the e-TPP console, under terminals)"
    say "then: kiosk doctor"
  fi
  if has_role server; then say "the server's settings are in $SETTINGS/etpp.env; then: systemctl restart etpp"; fi
}

do_install() {
  [[ -r $SOURCE/setup.py ]] || stop 69 "$SOURCE is not a checkout of Presensi"
  command -v apt-get >/dev/null || stop 69 "this needs Debian or Raspberry Pi OS (apt-get is missing)"
  command -v systemctl >/dev/null || stop 69 "this needs systemd"
  [[ $(dpkg --print-architecture) =~ ^(amd64|arm64)$ ]] || stop 69 "this needs a 64-bit system: install the 64-bit Raspberry Pi OS"
  install_system_packages
  make_users
  build_release
  switch_to "$release"
  install_settings
  install_wrappers
  install_units
  start_units
  remove_old_releases
  say "$role installed in $SECONDS s: $("$CURRENT/bin/kiosk" --version)"
  say_what_next
}

# ---------------------------------------------------------------- back and away

do_rollback() {
  local previous
  previous=$(readlink -f "$OPT/previous" || true)
  [[ -n $previous && -x $previous/bin/kiosk ]] || stop 69 "there is no earlier release to go back to"
  switch_to "$previous"
  local unit
  for unit in "${UNIT_FILES[@]}"; do
    # A unit that the earlier release did not have yet may stay: it starts a command.
    if [[ -e $UNITS/$unit && -e $previous/share/presensi/systemd/$unit ]]; then
      install -m 0644 "$previous/share/presensi/systemd/$unit" "$UNITS/$unit"
    fi
  done
  if booted; then systemctl daemon-reload; fi
  role=none
  start_units
  say "back at $(basename "$previous"); --rollback again returns to the other"
}

unsent_events() { # how many events of this terminal the server does not have yet
  [[ -r $STATE/outbox.sqlite && -x $CURRENT/bin/kiosk ]] || { echo 0; return; }
  /usr/local/bin/kiosk doctor --json --only outbox --state "$STATE" 2>/dev/null | "$CURRENT/bin/python" -c '
import json, sys
try:
    print(next(c["facts"]["waiting"] for c in json.load(sys.stdin)["checks"] if c["name"] == "outbox"))
except (ValueError, KeyError, StopIteration):
    print("unknown")'
}

do_uninstall() {
  local unit waiting
  for unit in "${UNIT_FILES[@]}"; do
    if [[ -e $UNITS/$unit ]]; then
      if booted; then systemctl stop "$unit" >>"$LOG" 2>&1 || say "$unit did not stop by itself"; fi
      systemctl disable "$unit" >>"$LOG" 2>&1 || say "$unit was not enabled"
    fi
  done
  if [[ $purge == yes && ${PRESENSI_DISCARD_EVENTS:-} != yes ]]; then
    waiting=$(unsent_events)
    [[ $waiting == 0 ]] || stop 78 "events that the server does not have yet: $waiting. Nothing was removed." \
      "Start kiosk-sync and let it send them, or keep them with: kiosk events export FILE" \
      "To throw them away: PRESENSI_DISCARD_EVENTS=yes $0 --uninstall --purge"
  fi
  for unit in "${UNIT_FILES[@]}"; do rm -f "$UNITS/$unit"; done
  rm -f "$RULES/$RULE"
  if booted; then
    systemctl daemon-reload
    systemctl reset-failed "${UNIT_FILES[@]}" >>"$LOG" 2>&1 || true
  fi
  for unit in kiosk enroll etpp; do
    if [[ -e /usr/local/bin/$unit ]] && grep -qF "$MARK" "/usr/local/bin/$unit"; then rm -f "/usr/local/bin/$unit"; fi
  done
  rm -rf "$OPT" /var/cache/presensi
  if [[ $purge == yes ]]; then
    rm -rf "$STATE" /var/lib/etpp "$SETTINGS" /etc/credstore.encrypted/presensi-{storage,device}-key
    rm -f /var/lib/systemd/timers/stamp-etpp-cohort.timer
    for unit in presensi etpp; do
      if getent passwd "$unit" >/dev/null; then userdel "$unit" >>"$LOG" 2>&1; fi
    done
    say "removed, with state, settings and users. Flash memory may still hold what was deleted: see docs/privacy.md."
  else
    say "removed. Still here: $STATE and $SETTINGS (remove them too with --uninstall --purge), and Debian's packages"
  fi
}

main() {
  read_options "$@"
  [[ $(id -u) == 0 ]] || stop 77 "must be run as root: sudo $0 $*"
  export PATH=$PATH:/usr/sbin:/sbin
  exec 9>/run/lock/presensi-install.lock
  flock --nonblock 9 || stop 70 "another installation is running on this machine"
  : >"$LOG"
  case $action in
    install) do_install ;;
    rollback) do_rollback ;;
    uninstall) do_uninstall ;;
  esac
}

main "$@"
