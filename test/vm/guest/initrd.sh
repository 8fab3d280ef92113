#!/bin/sh
# The first program of the virtual machine: finds the system disk and goes on there.
/bin/busybox mount -t devtmpfs dev /dev
for module in $(/bin/busybox cat /modules/order); do /bin/busybox insmod "/modules/$module"; done
/bin/busybox mount -t ext4 -o ro /dev/vda /new
/bin/busybox umount /dev
exec /bin/busybox switch_root /new /sbin/init
