#!/bin/sh
# Becomes process 1 of a scratch machine: systemd, over a Debian root that stays as it is. Run by unshare, in namespaces of its own.
# $1 = the root, $2 = an empty folder to mount things on. All that the machine writes is in memory, and gone with it.
set -eu
lower=$1
place=$2

mount -t tmpfs -o mode=0755,size=2g machine "$place"
mkdir "$place/upper" "$place/work" "$place/root"
mount -t overlay -o "lowerdir=$lower,upperdir=$place/upper,workdir=$place/work" machine "$place/root"
cd "$place/root"

mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=0755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp

# Devices of its own: systemd changes rights and owners of what it finds.
mount -t tmpfs -o mode=0755 tmpfs dev
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for device in null:3 zero:5 full:7 random:8 urandom:9; do
    mknod -m 0666 "dev/${device%:*}" c 1 "${device#*:}"
done
mknod -m 0666 dev/tty c 5 0

# systemd's own hierarchy of control groups; whoever runs this has those with controllers.
mount -t tmpfs -o mode=0755 tmpfs sys/fs/cgroup
mkdir sys/fs/cgroup/systemd sys/fs/cgroup/unified
mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
mount -t cgroup2 cgroup2 sys/fs/cgroup/unified

hostname machine
# Not chroot alone: the kernel gives what is in one no namespaces of users.
pivot_root . .
umount -l .
exec env -i container=unshare PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . /lib/systemd/systemd systemd.unified_cgroup_hierarchy=0
