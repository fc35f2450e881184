#!/bin/sh
# Process 1 of the machine: mounts the state disk and records until the power goes.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin PYTHONPATH=/opt/presensi PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1
off() {
    echo o >/proc/sysrq-trigger
    sleep 60
}
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmp /tmp
modprobe ext4
mount -t ext4 /dev/vdb /mnt || { echo "@ failed: the state disk cannot be mounted"; off; }
# Somebody else who writes and never syncs, so that each cut finds writes that were not flushed.
(
    n=0
    while :; do
        n=$((n + 1))
        dd if=/dev/urandom of=/mnt/other.new bs=4k count=$((n % 16 + 1)) 2>/dev/null
        mv /mnt/other.new "/mnt/other.$((n % 8))"
        sleep 0.05
    done
) &
stty -F /dev/console -echo raw 2>/dev/null
python3 -u /opt/presensi/guest_recorder.py /mnt/outbox.sqlite || echo "@ failed: the recorder ended with $?"
off
