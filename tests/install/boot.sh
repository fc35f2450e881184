#!/usr/bin/env bash
# Boots the Debian folder ROOT with its own systemd and waits until it switches itself off: boot.sh ROOT SECONDS
# In a private mount namespace, with a cgroup of its own, so that the machine around it is not touched. Needs root.
# CAP_NET_ADMIN: without it systemd goes on without PrivateNetwork=, and says so only in its log.
set -euo pipefail
root=$1 seconds=$2
# shellcheck disable=SC2016 # the inner shell expands them
exec unshare --mount --propagation private bash -c '
  umount -R /sys/fs/cgroup 2>/dev/null || true
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  mkdir -p /sys/fs/cgroup/presensi-install
  echo $$ >/sys/fs/cgroup/presensi-install/cgroup.procs
  mount -t tmpfs tmpfs /run
  mkdir -p /run/systemd/system
  cp --dereference /etc/resolv.conf "$1/etc/resolv.conf"
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 exec timeout --kill-after=10 "$2" systemd-nspawn --quiet --register=no --keep-unit \
    --directory="$1" --boot --capability=CAP_NET_ADMIN --resolv-conf=off --console=read-only --kill-signal=SIGKILL \
    -- systemd.unified_cgroup_hierarchy=1 systemd.show_status=0
' _ "$root" "$seconds" </dev/null
