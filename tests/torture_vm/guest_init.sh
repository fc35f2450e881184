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
# Somebody else who writes and never syncs, and a kernel that writes back at once: each cut finds unflushed writes.
for knob in dirty_background_bytes=65536 dirty_expire_centisecs=5 dirty_writeback_centisecs=5; do
    echo "${knob#*=}" >"/proc/sys/vm/${knob%=*}"
done
dd if=/dev/zero of=/mnt/other bs=64k count=64 2>/dev/null
(
    n=0
    while :; do
        n=$((n + 1))
        dd if=/dev/urandom of=/mnt/other bs=4k count=4 seek=$((n * 37 % 1000)) conv=notrunc 2>/dev/null
        [ $((n % 8)) -ne 0 ] || { cp /mnt/outbox.sqlite-shm /mnt/new && mv /mnt/new "/mnt/old.$((n % 32))"; } 2>/dev/null
        sleep 0.02
    done
) &
stty -F /dev/console -echo raw 2>/dev/null
python3 -u /opt/presensi/guest_recorder.py /mnt/outbox.sqlite || echo "@ failed: the recorder ended with $?"
off
