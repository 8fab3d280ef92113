#!/bin/sh
# Process 1 of the virtual machine. `run=` of the kernel's command line names the files that are run; results go to the second
# serial port, everything else to the first.
export PATH=/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin HOME=/root NODE_COMPILE_CACHE=/var/lib/compile-cache TSC_COMPOSE_ROOT=/var/lib/own
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o ptmxmode=0666 devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t mqueue mqueue /dev/mqueue 2>/dev/null
mount -t cgroup2 cgroup /sys/fs/cgroup
mount -t securityfs security /sys/kernel/security
mount -t tmpfs -o mode=755 run /run
mount -t tmpfs -o mode=1777 tmp /tmp
for module in $(cat /modules/order); do
  name=${module%.ko}
  [ -e "/sys/module/$(echo "$name" | tr - _)" ] || insmod "/modules/$module"
done
ip link set lo up
hostname guest
mount -t ext4 -o ro /dev/vdb /project
[ ! -e /dev/vdc ] || mount -t ext4 -o prjquota /dev/vdc /var/lib
mkdir -p /var/lib/units
mount --bind /var/lib/units /etc/systemd/system
# What systemd does with an enabled unit, as far as it goes: its program in its environment.
for unit in /etc/systemd/system/multi-user.target.wants/*.service; do
  [ -e "$unit" ] || continue
  env -i PATH="$PATH" $(sed -n 's/^Environment=//p' "$unit") $(sed -n 's/^ExecStart=//p' "$unit") &
  echo $! >/run/unit.pid
done
run=$(sed -n 's/.*\brun=\([^ ]*\).*/\1/p' /proc/cmdline)
files=
for file in $(echo "$run" | tr , ' '); do files="$files /project/test/guest/$file.mjs"; done
cd /tmp
# shellcheck disable=SC2086  # a list of files
node --test --test-isolation=none --test-reporter=/project/test/guest/results.mjs $files >/dev/ttyS1
# What was written a while ago is on the disk. Then the power goes: nothing is unmounted, nobody is told.
sync
echo o >/proc/sysrq-trigger
sleep 10
